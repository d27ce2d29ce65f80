//! `GET /api/auth/passkeys`, and `PUT` and `DELETE` of one.

use actix_web::{
    HttpResponse, delete, get, put,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::PasskeyId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use crate::{
    App,
    login::{Reauthenticated, http::EveryFactorRequest},
    passkeys::{
        commands,
        model::{Passkey, PasskeyName},
    },
    sessions::Device,
};

/// A registered passkey.
#[derive(Serialize, ToSchema)]
#[schema(as = Passkey)]
pub struct PasskeyResponse {
    id: PasskeyId,
    name: String,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = "date-time")]
    last_used_at: Option<Timestamp>,
}

impl From<Passkey> for PasskeyResponse {
    fn from(passkey: Passkey) -> Self {
        Self { id: passkey.id, name: passkey.name, created_at: passkey.created_at, last_used_at: passkey.last_used_at }
    }
}

/// The caller's passkeys, newest first.
#[utoipa::path(
    tag = "identity",
    operation_id = "list_passkeys",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<PasskeyResponse>))
)]
#[get("/api/auth/passkeys")]
pub async fn list_passkeys(
    app: Data<App>,
    caller: Caller,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<PasskeyResponse>>, Problem> {
    let limit = page.limit()?;
    let passkeys = commands::list_passkeys(&app, caller.user_id(), (page.after()?, limit)).await?;
    Ok(web::Json(Page::of(passkeys, limit, |passkey| passkey.id).map(PasskeyResponse::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePasskeyRequest {
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    name: PasskeyName,
}

/// Calls a passkey something else.
#[utoipa::path(
    tag = "identity",
    operation_id = "rename_passkey",
    security(("bearer" = [])),
    params(("passkey_id" = PasskeyId, Path)),
    request_body = RenamePasskeyRequest,
    responses((status = 200, body = PasskeyResponse))
)]
#[put("/api/auth/passkeys/{passkey_id}")]
pub async fn rename_passkey(
    app: Data<App>,
    caller: Caller,
    device: Device,
    passkey_id: Path<PasskeyId>,
    request: Json<RenamePasskeyRequest>,
) -> Result<web::Json<PasskeyResponse>, Problem> {
    let passkey = commands::rename_passkey(&app, caller.user_id(), *passkey_id, &request.name, &device).await?;
    Ok(web::Json(passkey.into()))
}

/// Removes a passkey: it signs in no more. The password, and a code where there is a second factor, are asked for again.
#[utoipa::path(
    tag = "identity",
    operation_id = "delete_passkey",
    security(("bearer" = [])),
    params(("passkey_id" = PasskeyId, Path)),
    request_body = EveryFactorRequest,
    responses(
        (status = 204),
        (status = 403, body = ProblemBody, description = "`wrong_password`, `mfa_required` or `invalid_mfa_code`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[delete("/api/auth/passkeys/{passkey_id}")]
pub async fn delete_passkey(
    app: Data<App>,
    passkey_id: Path<PasskeyId>,
    proven: Reauthenticated<EveryFactorRequest>,
) -> Result<HttpResponse, Problem> {
    commands::delete_passkey(&app, proven.owner(), *passkey_id, &proven.device).await?;
    Ok(HttpResponse::NoContent().finish())
}
