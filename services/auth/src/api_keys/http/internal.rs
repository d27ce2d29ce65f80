//! `POST /internal/api-key-identity-tokens`.

use actix_web::{
    post,
    web::{self, Data},
};
use kernel::{ApiKeyId, CompanyId, UserId};
use problem::Problem;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::{Json, identity::CalledBy};
use utoipa::ToSchema;

use crate::{
    App,
    api_keys::{KeyOwner, identity},
    sessions::Device,
    tokens::http::Gateway,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyIdentityTokenRequest {
    #[schema(value_type = String)]
    api_key: SecretString,
}

/// As for a session, with the id by which `ApiKeyRevoked` names the key, and for whom the key acts.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyIdentityTokenResponse {
    token: String,
    /// Seconds; never beyond the key's own end.
    expires_in: i64,
    key_id: ApiKeyId,
    /// Of a personal key.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    /// Of a company's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<CompanyId>,
}

/// For whom a key acts; 401 `invalid_api_key` for one that is unknown, expired or revoked.
#[utoipa::path(
    tag = "internal",
    operation_id = "issue_api_key_identity_token",
    security(("bearer" = [])),
    request_body = ApiKeyIdentityTokenRequest,
    responses((status = 200, body = ApiKeyIdentityTokenResponse))
)]
#[post("/internal/api-key-identity-tokens")]
pub async fn issue_api_key_identity_token(
    app: Data<App>,
    _caller: CalledBy<Gateway>,
    device: Device,
    request: Json<ApiKeyIdentityTokenRequest>,
) -> Result<web::Json<ApiKeyIdentityTokenResponse>, Problem> {
    let identity = identity::identify(&app, request.api_key.expose_secret(), &device).await?;
    let (user_id, company_id) = match identity.owner {
        KeyOwner::User(id) => (Some(id), None),
        KeyOwner::Company(id) => (None, Some(id)),
    };
    Ok(web::Json(ApiKeyIdentityTokenResponse {
        token: identity.token,
        expires_in: identity.expires_in,
        key_id: identity.key_id,
        user_id,
        company_id,
    }))
}
