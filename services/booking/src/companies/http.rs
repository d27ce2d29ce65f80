//! What other services may ask about a company. The gateway routes none of it.

use actix_web::{
    get,
    web::{self, Data},
};
use kernel::CompanyId;
use problem::Problem;
use serde::Serialize;
use service_kit::{
    Path,
    identity::{CalledBy, ServiceCaller},
};
use utoipa::ToSchema;

use super::store;
use crate::startup::App;

/// Auth asks before it closes a company.
pub struct Auth;

impl ServiceCaller for Auth {
    const ALLOWED: &'static [&'static str] = &["auth"];
}

/// What lies ahead.
#[derive(Debug, Serialize, ToSchema)]
pub struct UpcomingBookings {
    count: i64,
}

/// How many bookings of a company are asked for, held or confirmed and not over; none for a company nobody has heard of.
#[utoipa::path(
    tag = "internal",
    params(("company_id" = CompanyId, Path)),
    responses((status = 200, body = UpcomingBookings)),
    security(("bearer" = []))
)]
#[get("/internal/companies/{company_id}/upcoming-bookings")]
pub async fn count_upcoming_bookings(
    app: Data<App>,
    _: CalledBy<Auth>,
    company_id: Path<CompanyId>,
) -> Result<web::Json<UpcomingBookings>, Problem> {
    let mut conn = app.db.conn().await?;
    let count = store::count_upcoming_bookings(&mut conn, *company_id, app.clock.now()).await?;
    Ok(web::Json(UpcomingBookings { count }))
}
