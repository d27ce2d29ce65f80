//! `POST /api/auth/passkeys/register/begin` and `/finish`.

use actix_web::{
    HttpResponse, post,
    web::{self, Data},
};
use kernel::CeremonyId;
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, Json};
use utoipa::ToSchema;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::{ChallengeResponse, passkeys::PasskeyResponse};
use crate::{
    App,
    login::{Reauthenticated, http::EveryFactorRequest},
    passkeys::{commands, model::PasskeyName},
    sessions::Device,
};

/// Begins to register a passkey: pass `options` to `navigator.credentials.create`. The password, and a code where there
/// is a second factor, are asked for again.
#[utoipa::path(
    tag = "identity",
    operation_id = "begin_passkey_registration",
    security(("bearer" = [])),
    request_body = EveryFactorRequest,
    responses(
        (status = 200, body = ChallengeResponse),
        (status = 403, body = ProblemBody, description = "`wrong_password`, `mfa_required` or `invalid_mfa_code`"),
        (status = 409, body = ProblemBody, description = "`too_many_passkeys`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/passkeys/register/begin")]
pub async fn begin_passkey_registration(
    app: Data<App>,
    proven: Reauthenticated<EveryFactorRequest>,
) -> Result<web::Json<ChallengeResponse>, Problem> {
    Ok(web::Json(commands::begin_registration(&app, &proven.user).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishRegistrationRequest {
    ceremony_id: CeremonyId,
    /// What the owner calls it.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    name: PasskeyName,
    /// What `navigator.credentials.create` answered, its binary members in base64url.
    #[schema(value_type = Object)]
    credential: RegisterPublicKeyCredential,
}

/// Registers the passkey that the device has made.
#[utoipa::path(
    tag = "identity",
    operation_id = "finish_passkey_registration",
    security(("bearer" = [])),
    request_body = FinishRegistrationRequest,
    responses(
        (status = 201, body = PasskeyResponse),
        (status = 409, body = ProblemBody, description = "`passkey_exists` or `too_many_passkeys`"),
        (status = 410, body = ProblemBody, description = "`passkey_ceremony_over`"),
        (status = 422, body = ProblemBody, description = "`passkey_not_accepted`"),
    )
)]
#[post("/api/auth/passkeys/register/finish")]
pub async fn finish_passkey_registration(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<FinishRegistrationRequest>,
) -> Result<HttpResponse, Problem> {
    let answer = (request.ceremony_id, &request.credential);
    let caller = (caller.user_id(), caller.session_id());
    let passkey = commands::finish_registration(&app, caller, answer, &request.name, &device).await?;
    Ok(HttpResponse::Created().json(PasskeyResponse::from(passkey)))
}
