//! `POST /api/auth/login/mfa/totp` and `/confirm`: the way in for who needs a second factor and has none. There is no
//! half a session: email address and password are sent again with each step, and count as a login.

use actix_web::{
    post,
    web::{self, Data},
};
use problem::{Problem, ProblemBody};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use service_kit::Json;
use utoipa::ToSchema;

use super::{RecoveryCodesResponse, TotpOfferResponse};
use crate::{
    App,
    login::{self, Attempt, Credentials, Demand},
    mfa::enrolment,
    passwords::PresentedPassword,
    sessions::{Device, http::TokensResponse},
    users::Email,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartTotpAtLoginRequest {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
}

/// Begins to enrol a device for codes without being signed in, after a login was 403 `mfa_enrolment_required`. It is
/// refused as a login is.
#[utoipa::path(
    tag = "identity",
    operation_id = "start_totp_at_login",
    request_body = StartTotpAtLoginRequest,
    responses(
        (status = 200, body = TotpOfferResponse),
        (status = 401, body = ProblemBody, description = "`invalid_credentials`, or `mfa_required`: there is one"),
        (
            status = 403,
            body = ProblemBody,
            description = "`email_not_verified`, or `sign_in_by_passkey`: the second factor is a passkey",
        ),
        (status = 429, body = ProblemBody, description = "Too many attempts for this account; see Retry-After."),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/login/mfa/totp")]
pub async fn start_totp_at_login(
    app: Data<App>,
    device: Device,
    request: Json<StartTotpAtLoginRequest>,
) -> Result<web::Json<TotpOfferResponse>, Problem> {
    let StartTotpAtLoginRequest { email, password } = request.into_inner();
    login::limits::admit(&app, &email).await?;
    let credentials = Credentials { password, code: None };
    let attempt = Attempt::by_email(&app, &email, credentials, Demand::EveryFactor, &device).await?;
    Ok(web::Json(enrolment::start_at_login(&app, &attempt, &device).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotpAtLoginRequest {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
    /// The six digits the device shows now.
    #[schema(value_type = String, pattern = "^[0-9]{6}$")]
    totp: SecretString,
}

/// Signed in, with the recovery codes of the new second factor.
#[derive(Serialize, ToSchema)]
#[schema(as = EnrolledAtLogin)]
pub struct EnrolledAtLoginResponse {
    tokens: TokensResponse,
    #[serde(flatten)]
    recovery: RecoveryCodesResponse,
}

/// Confirms the enrolment with a first code, and signs in with it.
#[utoipa::path(
    tag = "identity",
    operation_id = "confirm_totp_at_login",
    request_body = ConfirmTotpAtLoginRequest,
    responses(
        (status = 200, body = EnrolledAtLoginResponse),
        (status = 401, body = ProblemBody),
        (
            status = 403,
            body = ProblemBody,
            description = "`email_not_verified`, or `sign_in_by_passkey`: the second factor is a passkey",
        ),
        (status = 409, body = ProblemBody, description = "`mfa_enrolment_not_started` or `mfa_already_enabled`"),
        (status = 410, body = ProblemBody, description = "`mfa_enrolment_expired`"),
        (status = 429, body = ProblemBody, description = "Too many attempts for this account; see Retry-After."),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/login/mfa/totp/confirm")]
pub async fn confirm_totp_at_login(
    app: Data<App>,
    device: Device,
    request: Json<ConfirmTotpAtLoginRequest>,
) -> Result<web::Json<EnrolledAtLoginResponse>, Problem> {
    let signer = app.keyring.signer(app.clock.now()).await?;
    let ConfirmTotpAtLoginRequest { email, password, totp } = request.into_inner();
    login::limits::admit(&app, &email).await?;
    let credentials = Credentials { password, code: None };
    let attempt = Attempt::by_email(&app, &email, credentials, Demand::Password, &device).await?;
    let (signed_in, codes) = enrolment::confirm_at_login(&app, &attempt, &totp, &device).await?;
    let tokens = TokensResponse::new(signed_in, &signer, app.clock.now())?;
    Ok(web::Json(EnrolledAtLoginResponse { tokens, recovery: codes.into() }))
}
