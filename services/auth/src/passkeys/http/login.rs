//! `POST /api/auth/login/passkey/begin` and `/finish`.

use actix_web::{
    post,
    web::{self, Data},
};
use kernel::CeremonyId;
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::Json;
use utoipa::ToSchema;
use webauthn_rs::prelude::PublicKeyCredential;

use super::ChallengeResponse;
use crate::{
    App,
    passkeys::login,
    sessions::{Device, http::TokensResponse},
};

/// Begins to sign in by a passkey: pass `options` to `navigator.credentials.get`. The same for everybody.
#[utoipa::path(
    tag = "identity",
    operation_id = "begin_passkey_login",
    responses((status = 200, body = ChallengeResponse))
)]
#[post("/api/auth/login/passkey/begin")]
pub async fn begin_passkey_login(app: Data<App>) -> Result<web::Json<ChallengeResponse>, Problem> {
    Ok(web::Json(login::begin_login(&app).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishPasskeyLoginRequest {
    ceremony_id: CeremonyId,
    /// What `navigator.credentials.get` answered, its binary members in base64url.
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
}

/// Signs in by the passkey that has answered. It is both factors: no code is asked for.
#[utoipa::path(
    tag = "identity",
    operation_id = "finish_passkey_login",
    request_body = FinishPasskeyLoginRequest,
    responses(
        (status = 200, body = TokensResponse),
        (status = 401, body = ProblemBody, description = "`invalid_passkey`"),
        (status = 410, body = ProblemBody, description = "`passkey_ceremony_over`"),
    )
)]
#[post("/api/auth/login/passkey/finish")]
pub async fn finish_passkey_login(
    app: Data<App>,
    device: Device,
    request: Json<FinishPasskeyLoginRequest>,
) -> Result<web::Json<TokensResponse>, Problem> {
    let signer = app.keyring.signer(app.clock.now()).await?;
    let signed_in = login::finish_login(&app, request.ceremony_id, &request.credential, &device).await?;
    Ok(web::Json(TokensResponse::new(signed_in, &signer, app.clock.now())?))
}
