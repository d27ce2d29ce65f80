//! `GET /api/admin/ledger/export`.

use actix_web::{HttpResponse, get, web::Data};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;
use service_kit::{PlatformAdmin, Query};

use super::{
    csv_file,
    model::{JournalLine, lines, month},
    store::vouchers,
};
use crate::{
    actions::{Action, Doer, Whence, record_in_tx},
    startup::App,
};

/// Entries of one file; a month with more is fetched day by day through the list of transfers.
const MOST: i64 = 200_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// A calendar month in UTC.
    #[param(example = "2027-03", pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub month: String,
}

/// A month's journal as CSV, by effective date: one line for each amount from one account to another, with the numbers
/// of a bookkeeper's chart.
#[utoipa::path(
    tag = "ledger",
    params(ExportQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 422, description = "`invalid_month`, or `export_too_large`")
    )
)]
#[get("/api/admin/ledger/export")]
pub async fn export_ledger_month(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    query: Query<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let span = month(&query.month).ok_or_else(|| {
        Problem::invalid("invalid_month", "A month is written like 2027-03.").at("/month", "not a month")
    })?;
    let vouchers = vouchers(&mut *app.db.conn().await?, span, MOST).await?;
    let vouchers = vouchers
        .ok_or_else(|| Problem::invalid("export_too_large", format!("This month has more than {MOST} entries.")))?;
    let rows: Vec<JournalLine> = vouchers.iter().flat_map(lines).collect();
    let action = Action {
        doer: Doer::Person(admin.user_id(), whence),
        what: "month_exported",
        subject: query.month.clone(),
        reason: None,
        detail: json!({"lines": rows.len()}),
    };
    let now = app.clock.now();
    app.db.transaction(async |conn| record_in_tx(conn, action.clone(), now).await).await?;
    csv_file(&format!("ledger-{}.csv", query.month), &rows)
}
