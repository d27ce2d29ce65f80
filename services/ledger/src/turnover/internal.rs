//! `GET /internal/turnover`: billing asks for the figures of the platform's dashboard.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Query, identity::CalledBy};

use super::{
    model::{Turnover, turnover},
    store::day_sums,
};
use crate::{reconciliation::internal::Billing, startup::App};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TurnoverQuery {
    /// The first instant that counts.
    #[param(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first that does not any more.
    #[param(value_type = String, format = DateTime)]
    pub to: Timestamp,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TurnoverResponse {
    /// By day (UTC) and currency; without those on which nothing happened.
    pub days: Vec<Turnover>,
}

/// What moved on each day, by the time that it took effect.
#[utoipa::path(
    tag = "internal",
    params(TurnoverQuery),
    security(("bearer" = [])),
    responses((status = 200, body = TurnoverResponse))
)]
#[get("/internal/turnover")]
pub async fn get_turnover(
    app: Data<App>,
    _: CalledBy<Billing>,
    query: Query<TurnoverQuery>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let sums = day_sums(&mut conn, (query.from, query.to)).await?;
    Ok(HttpResponse::Ok().json(TurnoverResponse { days: turnover(sums) }))
}
