//! Studios over HTTP.

mod request;
mod response;

pub use response::StudioSummary;

use actix_web::{HttpResponse, delete, get, http::header, post, put, web::Data};
use kernel::StudioId;
use problem::{Problem, ProblemBody};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};

use self::{
    request::{CreateStudioRequest, UpdateStudioRequest},
    response::{StudioResponse, UpdateStudioResponse},
};
use super::{commands, store::StudioKey};
use crate::{
    startup::App,
    upcoming::http::{BookingsAheadBody, DeleteQuery, deletion},
};

/// Create a studio for a company that the caller manages.
#[utoipa::path(
    tag = "studios",
    request_body = CreateStudioRequest,
    responses(
        (status = 201, body = StudioResponse), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/studios")]
pub async fn create_studio(
    app: Data<App>,
    caller: Caller,
    body: Json<CreateStudioRequest>,
) -> Result<HttpResponse, Problem> {
    let manager = caller.manager_of(body.company_id)?;
    let studio = commands::create_studio(&app, &manager, body.into_inner().validated()?).await?;
    Ok(HttpResponse::Created().json(StudioResponse::of_new(studio)))
}

/// Studios of the companies the caller works for.
#[utoipa::path(
    tag = "studios",
    params(PageQuery),
    responses((status = 200, body = Page<StudioSummary>)),
    security(("bearer" = []))
)]
#[get("/api/studios/my")]
pub async fn list_my_studios(app: Data<App>, caller: Caller, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let studios = commands::list_my_studios(&app, &caller, page.after()?, limit + 1).await?;
    let page = Page::of(studios, limit, |studio| studio.id);
    Ok(HttpResponse::Ok().json(page.map(StudioSummary::from)))
}

/// A studio's page, by id or slug. A slug it had before leads on to the one it has.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = String, Path, description = "Its id, its slug, or a slug it had before")),
    responses(
        (status = 200, body = StudioResponse),
        (status = 308, description = "A slug that the studio had before; `Location` has its page."),
    )
)]
#[get("/api/studios/{studio_id}")]
pub async fn get_studio(app: Data<App>, id_or_slug: Path<String>) -> Result<HttpResponse, Problem> {
    let key = StudioKey::parse(&id_or_slug).ok_or_else(Problem::not_found)?;
    let page = commands::get_studio(&app, &key).await?;
    match key {
        StudioKey::Slug(slug) if slug.as_str() != page.studio.slug => Ok(moved(&page.studio.slug)),
        _ => Ok(HttpResponse::Ok().json(StudioResponse::from(page))),
    }
}

/// Not to be kept: the studio may take its old slug again, and two kept answers would lead in a circle.
fn moved(slug: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, format!("/api/studios/{slug}")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// Replace what a studio says of itself. Bookings keep the time zone they were made in.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    request_body = UpdateStudioRequest,
    responses((status = 200, body = UpdateStudioResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[put("/api/studios/{studio_id}")]
pub async fn update_studio(
    app: Data<App>,
    caller: Caller,
    id: Path<StudioId>,
    body: Json<UpdateStudioRequest>,
) -> Result<HttpResponse, Problem> {
    let changed = commands::update_studio(&app, &caller, *id, &body.validated()?).await?;
    Ok(HttpResponse::Ok().json(UpdateStudioResponse::from(changed)))
}

/// Delete a studio with its rooms; 409 with the bookings that lie ahead, unless they are to be cancelled.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path), DeleteQuery),
    responses((status = 204), (status = 409, body = BookingsAheadBody, content_type = "application/problem+json")),
    security(("bearer" = []))
)]
#[delete("/api/studios/{studio_id}")]
pub async fn delete_studio(
    app: Data<App>,
    caller: Caller,
    id: Path<StudioId>,
    query: Query<DeleteQuery>,
) -> Result<HttpResponse, Problem> {
    let kept_by = commands::delete_studio(&app, &caller, *id, query.cancel_bookings).await?;
    Ok(deletion(kept_by))
}
