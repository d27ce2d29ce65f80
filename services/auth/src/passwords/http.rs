//! `POST /api/auth/password/forgot`, `/reset` and `/change`.

use actix_web::{HttpResponse, post, web::Data};
use problem::{Problem, ProblemBody};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::Json;
use utoipa::ToSchema;

use super::{NewPassword, PresentedPassword, commands};
use crate::{
    App,
    login::{Credentials, Demand, Proof, Reauthenticated},
    mfa::PresentedCode,
    sessions::Device,
    users::Email,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordRequest {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
}

/// The same for every address.
#[derive(Serialize, ToSchema)]
pub struct ResetSent {
    #[schema(example = "reset_sent")]
    status: &'static str,
}

/// Mails a link to choose a new password, a limited number of times an hour. The answer is the same for every address.
#[utoipa::path(
    tag = "identity",
    operation_id = "forgot_password",
    request_body = ForgotPasswordRequest,
    responses((status = 202, body = ResetSent))
)]
#[post("/api/auth/password/forgot")]
pub async fn forgot_password(
    app: Data<App>,
    device: Device,
    request: Json<ForgotPasswordRequest>,
) -> Result<HttpResponse, Problem> {
    commands::forgot_password(&app, request.into_inner().email, device).await?;
    Ok(HttpResponse::Accepted().json(ResetSent { status: "reset_sent" }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// The `token` of the mailed link.
    #[schema(value_type = String)]
    token: SecretString,
    #[schema(value_type = String, format = "password", min_length = 12, max_length = 128)]
    password: NewPassword,
}

/// Follows a mailed link: the account has the new password, every device is signed out, and personal API keys are
/// revoked. A link works once, for 30 minutes. A second factor and passkeys stay as they are.
#[utoipa::path(
    tag = "identity",
    operation_id = "reset_password",
    request_body = ResetPasswordRequest,
    responses(
        (status = 204),
        (status = 410, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/password/reset")]
pub async fn reset_password(
    app: Data<App>,
    device: Device,
    request: Json<ResetPasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let ResetPasswordRequest { token, password } = request.into_inner();
    commands::reset_password(&app, token.expose_secret(), password, &device).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    #[schema(value_type = String, format = "password", max_length = 128)]
    current_password: PresentedPassword,
    /// Six digits or a recovery code, where a second factor is enrolled.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    totp: Option<PresentedCode>,
    #[schema(value_type = String, format = "password", min_length = 12, max_length = 128)]
    new_password: NewPassword,
}

impl Proof for ChangePasswordRequest {
    const DEMAND: Demand = Demand::EveryFactor;
    type Wish = NewPassword;

    fn split(self) -> (Credentials, NewPassword) {
        (Credentials::new(self.current_password, self.totp), self.new_password)
    }
}

/// Changes the caller's password and signs their other devices out. A code is asked for where there is a second factor.
#[utoipa::path(
    tag = "identity",
    operation_id = "change_password",
    security(("bearer" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 204),
        (status = 403, body = ProblemBody, description = "`wrong_password`, `mfa_required` or `invalid_mfa_code`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/password/change")]
pub async fn change_password(
    app: Data<App>,
    proven: Reauthenticated<ChangePasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let Reauthenticated { user, session_id, device, wish: new_password } = proven;
    commands::change_password(&app, &user, session_id, new_password, &device).await?;
    Ok(HttpResponse::NoContent().finish())
}
