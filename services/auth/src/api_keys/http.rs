//! `/api/user/api-keys`, `/api/companies/{company_id}/api-keys`, and the gateway's question whose key it is.

mod company;
mod internal;
mod personal;

pub use company::{create_company_key, list_company_keys, revoke_company_key};
pub use internal::issue_api_key_identity_token;
pub use personal::{create_personal_key, list_personal_keys, revoke_personal_key};

use jiff::Timestamp;
use kernel::{ApiKeyId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApiKey, KeyName, NewApiKey, Scopes};

/// A key without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyResponse {
    id: ApiKeyId,
    name: String,
    /// The beginning of the secret.
    #[schema(example = "rtk_Zk3vQ0aB")]
    prefix: String,
    scopes: Vec<String>,
    created_by: UserId,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
    /// To the minute.
    #[schema(required, value_type = Option<String>, format = "date-time")]
    last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyResponse {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// A new key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub struct CreatedApiKeyResponse {
    #[serde(flatten)]
    key: ApiKeyResponse,
    #[schema(pattern = "^rtk_[A-Za-z0-9_-]{43}$")]
    api_key: String,
}

impl CreatedApiKeyResponse {
    fn new((key, secret): (ApiKey, SecretString)) -> Self {
        Self { key: key.into(), api_key: secret.expose_secret().to_owned() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKeyRequest {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: KeyName,
    /// Of the table of scopes; at least one.
    #[schema(value_type = Vec<String>, min_items = 1, example = json!(["bookings:read"]))]
    scopes: Scopes,
    /// Never when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
}

impl From<CreateApiKeyRequest> for NewApiKey {
    fn from(request: CreateApiKeyRequest) -> Self {
        Self { name: request.name, scopes: request.scopes, expires_at: request.expires_at }
    }
}
