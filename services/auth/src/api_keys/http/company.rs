//! A company's keys: its owners and managers make and revoke them.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use kernel::{ApiKeyId, CompanyId};
use problem::{Problem, ProblemBody};
use service_kit::{Allowed, Json, Page, PageQuery, Path, Query, identity::permissions::ManageApiKeys};

use super::{ApiKeyResponse, CreateApiKeyRequest, CreatedApiKeyResponse};
use crate::{
    App,
    actor::Actor,
    api_keys::{KeyOwner, commands},
    sessions::Device,
};

/// Makes a key for the company. The secret is in this answer and in no other.
#[utoipa::path(
    tag = "api keys",
    operation_id = "create_company_api_key",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path)),
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, body = CreatedApiKeyResponse),
        (status = 409, body = ProblemBody),
    )
)]
#[post("/api/companies/{company_id}/api-keys")]
pub async fn create_company_key(
    app: Data<App>,
    allowed: Allowed<ManageApiKeys>,
    device: Device,
    request: Json<CreateApiKeyRequest>,
) -> Result<HttpResponse, Problem> {
    let owner = KeyOwner::Company(allowed.company_id());
    let maker = Actor::new(allowed.caller(), device);
    let maker = (&maker, allowed.caller().session_id());
    let made = commands::create_key(&app, owner, maker, &request.into_inner().into()).await?;
    Ok(HttpResponse::Created().json(CreatedApiKeyResponse::new(made)))
}

/// The company's keys that are not revoked.
#[utoipa::path(
    tag = "api keys",
    operation_id = "list_company_api_keys",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path), PageQuery),
    responses((status = 200, body = Page<ApiKeyResponse>))
)]
#[get("/api/companies/{company_id}/api-keys")]
pub async fn list_company_keys(
    app: Data<App>,
    allowed: Allowed<ManageApiKeys>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<ApiKeyResponse>>, Problem> {
    let limit = page.limit()?;
    let owner = KeyOwner::Company(allowed.company_id());
    let keys = commands::list_keys(&app, owner, (page.after()?, limit)).await?;
    Ok(web::Json(Page::of(keys, limit, |key| key.id).map(ApiKeyResponse::from)))
}

/// The key works no more.
#[utoipa::path(
    tag = "api keys",
    operation_id = "revoke_company_api_key",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path), ("key_id" = ApiKeyId, Path)),
    responses((status = 204))
)]
#[delete("/api/companies/{company_id}/api-keys/{key_id}")]
pub async fn revoke_company_key(
    app: Data<App>,
    allowed: Allowed<ManageApiKeys>,
    device: Device,
    path: Path<(CompanyId, ApiKeyId)>,
) -> Result<HttpResponse, Problem> {
    commands::revoke_key(&app, KeyOwner::Company(allowed.company_id()), &Actor::new(allowed.caller(), device), path.1)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
