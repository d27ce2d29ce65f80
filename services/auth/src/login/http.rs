//! `POST /api/auth/login`.

use actix_web::{
    post,
    web::{self, Data},
};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::Json;
use utoipa::ToSchema;

use super::{Credentials, Demand, Proof, commands, limits};
use crate::{
    App,
    mfa::PresentedCode,
    passwords::PresentedPassword,
    sessions::{Device, http::TokensResponse},
    users::Email,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
    /// The six digits of the second factor, or one of its recovery codes; without meaning while none is enrolled.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    totp: Option<PresentedCode>,
}

/// The password, and a code where there is a second factor: for what the account could be lost by.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EveryFactorRequest {
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
    /// Six digits or a recovery code, where a second factor is enrolled.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    totp: Option<PresentedCode>,
}

impl Proof for EveryFactorRequest {
    const DEMAND: Demand = Demand::EveryFactor;
    type Wish = ();

    fn split(self) -> (Credentials, ()) {
        (Credentials::new(self.password, self.totp), ())
    }
}

/// Logs in. Unknown address, wrong password and locked account are answered alike.
///
/// With the right password of an account that has a second factor, a request without `totp` is 401 `mfa_required`.
/// Somebody with a role on the platform who has no second factor is 403 `mfa_enrolment_required`, and enrols one at
/// `/api/auth/login/mfa/totp`.
#[utoipa::path(
    tag = "identity",
    operation_id = "log_in",
    request_body = LoginRequest,
    responses(
        (status = 200, body = TokensResponse),
        (status = 401, body = ProblemBody),
        (
            status = 403,
            body = ProblemBody,
            description = "The password is right; the address is not verified, or a second factor has to be enrolled.",
        ),
        (status = 429, body = ProblemBody, description = "Too many attempts for this account; see Retry-After."),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/login")]
pub async fn log_in(
    app: Data<App>,
    device: Device,
    request: Json<LoginRequest>,
) -> Result<web::Json<TokensResponse>, Problem> {
    let signer = app.keyring.signer(app.clock.now()).await?;
    let LoginRequest { email, password, totp } = request.into_inner();
    limits::admit(&app, &email).await?;
    let signed_in = commands::log_in(&app, &email, Credentials::new(password, totp), &device).await?;
    Ok(web::Json(TokensResponse::new(signed_in, &signer, app.clock.now())?))
}
