//! One's own keys.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use kernel::ApiKeyId;
use problem::{Problem, ProblemBody};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};

use super::{ApiKeyResponse, CreateApiKeyRequest, CreatedApiKeyResponse};
use crate::{
    App,
    actor::Actor,
    api_keys::{KeyOwner, commands},
    sessions::Device,
};

/// Makes a key that acts for the caller, with the roles the caller has in their companies. The secret is in this answer
/// and in no other.
#[utoipa::path(
    tag = "api keys",
    operation_id = "create_api_key",
    security(("bearer" = [])),
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, body = CreatedApiKeyResponse),
        (status = 409, body = ProblemBody),
    )
)]
#[post("/api/user/api-keys")]
pub async fn create_personal_key(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<CreateApiKeyRequest>,
) -> Result<HttpResponse, Problem> {
    let owner = KeyOwner::User(caller.user_id());
    let made = commands::create_key(&app, owner, &Actor::new(&caller, device), &request.into_inner().into()).await?;
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
