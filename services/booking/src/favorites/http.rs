//! Favourites over HTTP.

use actix_web::{HttpResponse, delete, get, post, web::Data};
use kernel::StudioId;
use problem::{Problem, ProblemBody};
use service_kit::{Caller, Page, PageQuery, Path, Query};

use super::commands;
use crate::{startup::App, studios::http::StudioSummary};

/// Make a studio one of the caller's favourites.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    responses((status = 204), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/studios/{studio_id}/favorite")]
pub async fn set_favorite(app: Data<App>, caller: Caller, id: Path<StudioId>) -> Result<HttpResponse, Problem> {
    commands::set_favorite(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The studio is none of the caller's favourites any more, whether or not it was one.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    responses((status = 204)),
    security(("bearer" = []))
)]
#[delete("/api/studios/{studio_id}/favorite")]
pub async fn clear_favorite(app: Data<App>, caller: Caller, id: Path<StudioId>) -> Result<HttpResponse, Problem> {
    commands::clear_favorite(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The caller's favourites, the latest first.
#[utoipa::path(
    tag = "studios",
    params(PageQuery),
    responses((status = 200, body = Page<StudioSummary>)),
    security(("bearer" = []))
)]
#[get("/api/studios/favorites")]
pub async fn list_favorites(app: Data<App>, caller: Caller, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let page = commands::list_favorites(&app, &caller, page.after()?, page.limit()?).await?;
    Ok(HttpResponse::Ok().json(page.map(StudioSummary::from)))
}
