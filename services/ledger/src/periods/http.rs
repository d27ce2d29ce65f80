//! `/api/admin/ledger/periods`.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use kernel::UserId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service_kit::{Json, Page, PageQuery, PlatformAdmin, Query};

use super::store::{PeriodRow, close_period, list_periods};
use crate::{
    actions::{Action, Doer, Whence, record_in_tx},
    startup::App,
    text::check_reason,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosePeriodRequest {
    /// Everything that took effect before this instant is closed; not in the future.
    #[schema(value_type = String, format = DateTime)]
    pub through: Timestamp,
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeriodResponse {
    #[schema(value_type = String, format = DateTime)]
    pub through: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub closed_at: Timestamp,
    pub closed_by: UserId,
    pub reason: String,
}

impl From<PeriodRow> for PeriodResponse {
    fn from(row: PeriodRow) -> Self {
        Self {
            through: row.through.to_jiff(),
            closed_at: row.closed_at.to_jiff(),
            closed_by: row.closed_by,
            reason: row.reason,
        }
    }
}

/// Closes everything before an instant, for good.
#[utoipa::path(
    tag = "ledger",
    request_body = ClosePeriodRequest,
    security(("bearer" = [])),
    responses((status = 201, body = PeriodResponse), (status = 409, description = "`period_closed`: it was closed before"))
)]
#[post("/api/admin/ledger/periods")]
pub async fn close_ledger_period(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    request: Json<ClosePeriodRequest>,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let (through, reason) = (request.through, check_reason(&request.reason)?);
    if through > now {
        return Err(
            Problem::invalid("period_not_over", "A period is closed when it is over.").at("/through", "in the future")
        );
    }
    let person = admin.user_id();
    let closed: Result<(), store::Error> = app
        .db
        .transaction(async |conn| {
            close_period(conn, through, (person, reason), now).await?;
            let action = Action {
                doer: Doer::Person(person, whence.clone()),
                what: "period_closed",
                subject: through.to_string(),
                reason: Some(reason.to_owned()),
                detail: json!({}),
            };
            record_in_tx(conn, action, now).await
        })
        .await;
    match closed {
        Err(error)
            if matches!(error.violated_constraint(), Some("closed_periods_in_order" | "closed_periods_pkey")) =>
        {
            Err(Problem::conflict("period_closed", "This period is closed already."))
        }
        Err(error) => Err(error.into()),
        Ok(()) => {
            let period = PeriodResponse { through, closed_at: now, closed_by: person, reason: reason.to_owned() };
            Ok(HttpResponse::Created().json(period))
        }
    }
}

/// The closed periods, newest first.
#[utoipa::path(
    tag = "ledger",
    params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<PeriodResponse>))
)]
#[get("/api/admin/ledger/periods")]
pub async fn list_ledger_periods(
    app: Data<App>,
    _admin: PlatformAdmin,
    paging: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = (paging.limit()?, paging.after::<Timestamp>()?);
    let rows = list_periods(&mut *app.db.conn().await?, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| row.through.to_jiff());
    Ok(HttpResponse::Ok().json(page.map(PeriodResponse::from)))
}
