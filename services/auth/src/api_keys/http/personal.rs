//! One's own keys.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::ApiKeyId;
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::{ApiKeyResponse, CreatedApiKeyResponse};
use crate::{
    App,
    actor::Actor,
    api_keys::{KeyName, KeyOwner, NewApiKey, Scopes, commands},
    login::{Credentials, Demand, Proof, Reauthenticated},
    mfa::PresentedCode,
    passwords::PresentedPassword,
    sessions::Device,
};

/// As for a company's key, with what its owner proves themselves by.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePersonalApiKeyRequest {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: KeyName,
    /// Of the table of scopes; at least one.
    #[schema(value_type = Vec<String>, min_items = 1, example = json!(["bookings:read"]))]
    scopes: Scopes,
    /// Never when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
    /// Six digits or a recovery code, where a second factor is enrolled.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    totp: Option<PresentedCode>,
}

impl Proof for CreatePersonalApiKeyRequest {
    const DEMAND: Demand = Demand::EveryFactor;
    type Wish = NewApiKey;

    fn split(self) -> (Credentials, NewApiKey) {
        let key = NewApiKey { name: self.name, scopes: self.scopes, expires_at: self.expires_at };
        (Credentials::new(self.password, self.totp), key)
    }
}

/// Makes a key that acts for the caller, with the roles the caller has in their companies. The secret is in this answer
/// and in no other. The password, and a code where there is a second factor, are asked for again; the owner is told by
/// mail. A reset of the password revokes it.
#[utoipa::path(
    tag = "api keys",
    operation_id = "create_api_key",
    security(("bearer" = [])),
    request_body = CreatePersonalApiKeyRequest,
    responses(
        (status = 201, body = CreatedApiKeyResponse),
        (
            status = 403,
            body = ProblemBody,
            description = "`wrong_password`, `mfa_required`, `invalid_mfa_code` or `insufficient_scope`",
        ),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/user/api-keys")]
pub async fn create_personal_key(
    app: Data<App>,
    proven: Reauthenticated<CreatePersonalApiKeyRequest>,
) -> Result<HttpResponse, Problem> {
    let Reauthenticated { user, session_id, device, wish: key } = proven;
    let (owner, maker) = (KeyOwner::User(user.id), Actor { user_id: user.id, device });
    let made = commands::create_key(&app, owner, (&maker, session_id), &key).await?;
    Ok(HttpResponse::Created().json(CreatedApiKeyResponse::new(made)))
}

/// The caller's keys that are not revoked.
#[utoipa::path(
    tag = "api keys",
    operation_id = "list_api_keys",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<ApiKeyResponse>))
)]
#[get("/api/user/api-keys")]
pub async fn list_personal_keys(
    app: Data<App>,
    caller: Caller,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<ApiKeyResponse>>, Problem> {
    let limit = page.limit()?;
    let keys = commands::list_keys(&app, KeyOwner::User(caller.user_id()), (page.after()?, limit)).await?;
    Ok(web::Json(Page::of(keys, limit, |key| key.id).map(ApiKeyResponse::from)))
}

/// The key works no more.
#[utoipa::path(
    tag = "api keys",
    operation_id = "revoke_api_key",
    security(("bearer" = [])),
    params(("key_id" = ApiKeyId, Path)),
    responses((status = 204))
)]
#[delete("/api/user/api-keys/{key_id}")]
pub async fn revoke_personal_key(
    app: Data<App>,
    caller: Caller,
    device: Device,
    key_id: Path<ApiKeyId>,
) -> Result<HttpResponse, Problem> {
    commands::revoke_key(&app, KeyOwner::User(caller.user_id()), &Actor::new(&caller, device), *key_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
