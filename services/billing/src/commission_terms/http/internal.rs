//! What booking asks when money is taken at a desk.

use actix_web::{get, web};
use kernel::CompanyId;
use problem::Problem;
use serde::Serialize;
use service_kit::{
    Path,
    identity::{CalledBy, ServiceCaller},
};

use crate::{App, commission_terms::standing_in_tx};

pub struct Booking;

impl ServiceCaller for Booking {
    const ALLOWED: &'static [&'static str] = &["booking"];
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CommissionNowResponse {
    /// Of the net price, in parts per million.
    pub ppm: i32,
}

/// The commission on a company's payments now.
#[utoipa::path(
    tag = "internal",
    params(("company_id" = CompanyId, Path)),
    responses((status = 200, body = CommissionNowResponse)),
    security(("bearer" = [])),
)]
#[get("/internal/companies/{company_id}/commission")]
pub async fn get_commission_for_service(
    app: web::Data<App>,
    _: CalledBy<Booking>,
    Path(company_id): Path<CompanyId>,
) -> Result<web::Json<CommissionNowResponse>, Problem> {
    let mut conn = app.db.conn().await?;
    let standing = standing_in_tx(&mut conn, &app, company_id, app.clock.now()).await?;
    Ok(web::Json(CommissionNowResponse { ppm: standing.in_force.rate.ppm() }))
}
