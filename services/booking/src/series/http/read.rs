//! Looking at series.

use actix_web::{HttpResponse, get, web::Data};
use kernel::{CompanyId, SeriesId};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, Page, PageQuery, Path, Query};
use utoipa::IntoParams;

use super::{SeriesResponse, response::SeriesSummary};
use crate::{
    series::{commands, store::Whose},
    startup::App,
};

/// Whose series, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListSeriesQuery {
    /// The series of this company, for those who work there; the caller's own when absent.
    company_id: Option<CompanyId>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A series with its dates, for who has it and for the studio.
#[utoipa::path(
    tag = "series",
    params(("series_id" = SeriesId, Path)),
    responses((status = 200, body = SeriesResponse)),
    security(("bearer" = []))
)]
#[get("/api/bookings/series/{series_id}")]
pub async fn get_series(app: Data<App>, caller: Caller, id: Path<SeriesId>) -> Result<HttpResponse, Problem> {
    let whole = commands::get_series(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(SeriesResponse::from(&whole)))
}

/// The caller's series, or those of a company, the newest first.
#[utoipa::path(
    tag = "series",
    params(ListSeriesQuery),
    responses((status = 200, body = Page<SeriesSummary>), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[get("/api/bookings/series")]
pub async fn list_series(
    app: Data<App>,
    caller: Caller,
    query: Query<ListSeriesQuery>,
) -> Result<HttpResponse, Problem> {
    let whose = match query.company_id {
        Some(company_id) => Whose::Company(caller.staff_of(company_id)?.company_id()),
        None => Whose::Customer(caller.user_id()),
    };
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let limit = page.limit()?;
    let found = commands::list_series(&app, whose, page.after()?, limit + 1).await?;
    let page = Page::of(found, limit, |series| series.id);
    Ok(HttpResponse::Ok().json(page.map(|series| SeriesSummary::from(&series))))
}
