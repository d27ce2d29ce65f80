//! `POST /internal/one-time-tokens/{token_id}/mint`.

use actix_web::{
    post,
    web::{Data, Json},
};
use kernel::OneTimeTokenId;
use problem::Problem;
use secrecy::ExposeSecret;
use serde::Serialize;
use service_kit::{
    Path,
    identity::{CalledBy, ServiceCaller},
};
use utoipa::ToSchema;

use super::{OneTimeTokenError, commands};
use crate::App;

/// Only who sends the mail.
pub struct Mailer;

impl ServiceCaller for Mailer {
    const ALLOWED: &'static [&'static str] = &["messaging"];
}

#[derive(Serialize, ToSchema)]
pub struct MintedSecret {
    pub secret: String,
}

/// The secret for a mail that is being sent; 404 when the token was used, superseded or is over.
#[utoipa::path(
    tag = "internal",
    operation_id = "mint_one_time_token",
    security(("bearer" = [])),
    params(("token_id" = inline(OneTimeTokenId), Path)),
    responses((status = 200, body = MintedSecret))
)]
#[post("/internal/one-time-tokens/{token_id}/mint")]
pub async fn mint(
    app: Data<App>,
    _caller: CalledBy<Mailer>,
    token_id: Path<OneTimeTokenId>,
) -> Result<Json<MintedSecret>, Problem> {
    let secret = commands::mint(&app, *token_id).await.map_err(|error| match error {
        OneTimeTokenError::Store(error) => error.into(),
        _ => Problem::not_found(),
    })?;
    Ok(Json(MintedSecret { secret: secret.expose_secret().to_owned() }))
}
