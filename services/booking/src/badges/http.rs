//! Badges over HTTP.

use actix_web::{HttpResponse, delete, get, post, web::Data};
use kernel::StudioId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Json, Path, PlatformAdmin};
use utoipa::ToSchema;

use super::{Badge, commands};
use crate::startup::App;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBadgeRequest {
    badge: Badge,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BadgesResponse {
    badges: Vec<Badge>,
}

/// What the platform says of a studio.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    responses((status = 200, body = BadgesResponse))
)]
#[get("/api/studios/{studio_id}/badges")]
pub async fn list_badges(app: Data<App>, id: Path<StudioId>) -> Result<HttpResponse, Problem> {
    let badges = commands::list_badges(&app, *id).await?;
    Ok(HttpResponse::Ok().json(BadgesResponse { badges }))
}

/// Give a studio a badge, as a platform administrator. Giving it again changes nothing.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    request_body = GrantBadgeRequest,
    responses((status = 200, body = BadgesResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/studios/{studio_id}/badges")]
pub async fn grant_badge(
    app: Data<App>,
    admin: PlatformAdmin,
    id: Path<StudioId>,
    body: Json<GrantBadgeRequest>,
) -> Result<HttpResponse, Problem> {
    let badges = commands::grant_badge(&app, &admin, *id, &body.badge).await?;
    Ok(HttpResponse::Ok().json(BadgesResponse { badges }))
}

/// Take a badge from a studio, as a platform administrator.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path), ("badge" = Badge, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[delete("/api/studios/{studio_id}/badges/{badge}")]
pub async fn remove_badge(
    app: Data<App>,
    admin: PlatformAdmin,
    path: Path<(StudioId, Badge)>,
) -> Result<HttpResponse, Problem> {
    commands::remove_badge(&app, &admin, path.0.0, &path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}
