//! `GET /.well-known/jwks.json`.

use actix_web::{HttpResponse, get, http::header, web::Data};
use problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::PublicKey;
use crate::App;

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct JwksResponse {
    keys: Vec<JwkResponse>,
}

/// An Ed25519 public key (RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct JwkResponse {
    #[schema(example = "OKP")]
    kty: &'static str,
    #[schema(example = "Ed25519")]
    crv: &'static str,
    #[schema(example = "EdDSA")]
    alg: &'static str,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: &'static str,
    kid: String,
    x: String,
}

impl From<PublicKey> for JwkResponse {
    fn from(key: PublicKey) -> Self {
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", usage: "sig", x: key.x(), kid: key.kid }
    }
}

/// The public keys of all tokens: the active one, the next one, and those whose tokens are not over yet.
#[utoipa::path(
    tag = "identity",
    operation_id = "jwks",
    responses((status = 200, body = JwksResponse))
)]
#[get("/.well-known/jwks.json")]
pub async fn jwks(app: Data<App>) -> Result<HttpResponse, Problem> {
    let keys = app.keyring.published().await?.into_iter().map(JwkResponse::from).collect();
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=60")).json(JwksResponse { keys }))
}
