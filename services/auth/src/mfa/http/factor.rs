//! `GET /api/auth/mfa`, `POST /api/auth/mfa/totp`, `/totp/confirm`, `/totp/disable` and `/recovery-codes`.

use actix_web::{
    HttpResponse, get, post,
    web::{self, Data},
};
use jiff::Timestamp;
use problem::{Problem, ProblemBody};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json};
use utoipa::ToSchema;

use super::{RecoveryCodesResponse, TotpOfferResponse};
use crate::{
    App,
    login::{Credentials, Demand, Proof, Reauthenticated, http::EveryFactorRequest},
    mfa::{commands, enrolment},
    passwords::PresentedPassword,
    sessions::Device,
};

/// How the account is protected beside its password.
#[derive(Serialize, ToSchema)]
#[schema(as = Mfa)]
pub struct MfaResponse {
    totp_enabled: bool,
    #[schema(required, value_type = Option<String>, format = "date-time")]
    totp_enabled_at: Option<Timestamp>,
    recovery_codes_left: i64,
}

/// The caller's second factor.
#[utoipa::path(
    tag = "identity",
    operation_id = "show_mfa",
    security(("bearer" = [])),
    responses((status = 200, body = MfaResponse))
)]
#[get("/api/auth/mfa")]
pub async fn show_mfa(app: Data<App>, caller: Caller) -> Result<web::Json<MfaResponse>, Problem> {
    let status = commands::mfa_status(&app, caller.user_id()).await?;
    Ok(web::Json(MfaResponse {
        totp_enabled: status.totp_enabled_at.is_some(),
        totp_enabled_at: status.totp_enabled_at,
        recovery_codes_left: status.recovery_codes_left,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartTotpRequest {
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
}

impl Proof for StartTotpRequest {
    const DEMAND: Demand = Demand::Password;
    type Wish = ();

    fn split(self) -> (Credentials, ()) {
        (Credentials::new(self.password, None), ())
    }
}

/// Begins to enrol a device for codes; an enrolment begun before lapses. The password is asked for again.
#[utoipa::path(
    tag = "identity",
    operation_id = "start_totp",
    security(("bearer" = [])),
    request_body = StartTotpRequest,
    responses(
        (status = 200, body = TotpOfferResponse),
        (status = 403, body = ProblemBody, description = "`wrong_password` or `sign_in_by_passkey`"),
        (status = 409, body = ProblemBody, description = "`mfa_already_enabled`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/mfa/totp")]
pub async fn start_totp(
    app: Data<App>,
    proven: Reauthenticated<StartTotpRequest>,
) -> Result<web::Json<TotpOfferResponse>, Problem> {
    Ok(web::Json(enrolment::start_totp(&app, proven.owner(), &proven.device).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotpRequest {
    /// The six digits the device shows now.
    #[schema(value_type = String, pattern = "^[0-9]{6}$")]
    totp: SecretString,
}

/// Confirms the enrolment with a first code: from now on logging in needs one. Answers the recovery codes.
#[utoipa::path(
    tag = "identity",
    operation_id = "confirm_totp",
    security(("bearer" = [])),
    request_body = ConfirmTotpRequest,
    responses(
        (status = 200, body = RecoveryCodesResponse),
        (status = 403, body = ProblemBody, description = "`sign_in_by_passkey`"),
        (status = 409, body = ProblemBody, description = "`mfa_enrolment_not_started` or `mfa_already_enabled`"),
        (status = 410, body = ProblemBody, description = "`mfa_enrolment_expired`"),
        (status = 422, body = ProblemBody, description = "`invalid_mfa_code`"),
    )
)]
#[post("/api/auth/mfa/totp/confirm")]
pub async fn confirm_totp(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<ConfirmTotpRequest>,
) -> Result<web::Json<RecoveryCodesResponse>, Problem> {
    let owner = (caller.user_id(), caller.session_id());
    let codes = enrolment::confirm_totp(&app, owner, &request.totp, &device).await?;
    Ok(web::Json(codes.into()))
}

/// Gives up the second factor and its recovery codes.
#[utoipa::path(
    tag = "identity",
    operation_id = "disable_totp",
    security(("bearer" = [])),
    request_body = EveryFactorRequest,
    responses(
        (status = 204),
        (
            status = 403,
            body = ProblemBody,
            description = "`wrong_password`, `mfa_required`, `invalid_mfa_code` or `mfa_required_of_admins`",
        ),
        (status = 409, body = ProblemBody, description = "`mfa_not_enabled`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/mfa/totp/disable")]
pub async fn disable_totp(
    app: Data<App>,
    proven: Reauthenticated<EveryFactorRequest>,
) -> Result<HttpResponse, Problem> {
    commands::disable_totp(&app, proven.owner(), &proven.device).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes new recovery codes; the ones before work no more.
#[utoipa::path(
    tag = "identity",
    operation_id = "replace_recovery_codes",
    security(("bearer" = [])),
    request_body = EveryFactorRequest,
    responses(
        (status = 200, body = RecoveryCodesResponse),
        (status = 403, body = ProblemBody, description = "`wrong_password`, `mfa_required` or `invalid_mfa_code`"),
        (status = 409, body = ProblemBody, description = "`mfa_not_enabled`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/mfa/recovery-codes")]
pub async fn replace_recovery_codes(
    app: Data<App>,
    proven: Reauthenticated<EveryFactorRequest>,
) -> Result<web::Json<RecoveryCodesResponse>, Problem> {
    Ok(web::Json(commands::replace_recovery_codes(&app, proven.owner(), &proven.device).await?.into()))
}
