//! `GET /api/ledger/accounts/{account_id}/statement/export`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::AccountId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Path, Query};

use super::readable;
use crate::{
    accounts::statement::{StatementRow, list_statement, span},
    exports::{csv_file, major},
    startup::App,
};

/// Lines of one file.
const MOST: i64 = 20_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatementExportQuery {
    /// Recorded at this instant or later.
    #[param(value_type = Option<String>, format = "date-time")]
    pub from: Option<Timestamp>,
    /// Recorded before this instant.
    #[param(value_type = Option<String>, format = "date-time")]
    pub to: Option<Timestamp>,
}

/// A line of the file; amounts are decimals of the major unit.
#[derive(Debug, Serialize)]
struct Line {
    number: i64,
    effective_at: Timestamp,
    recorded_at: Timestamp,
    kind: String,
    source: String,
    debit: String,
    credit: String,
    balance: String,
    currency: &'static str,
    transfer_id: String,
}

impl From<StatementRow> for Line {
    fn from(row: StatementRow) -> Self {
        Self {
            number: row.number,
            effective_at: row.effective_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
            kind: row.kind,
            source: row.source,
            debit: major(row.amount.max(0), row.currency),
            credit: major(row.amount.min(0).saturating_neg(), row.currency),
            balance: major(row.balance_after, row.currency),
            currency: row.currency.code(),
            transfer_id: row.transfer_id.to_string(),
        }
    }
}

/// A statement as CSV, oldest line first.
#[utoipa::path(
    tag = "ledger",
    params(("account_id" = AccountId, Path), StatementExportQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 422, description = "`statement_too_long`: ask for a shorter time")
    )
)]
#[get("/api/ledger/accounts/{account_id}/statement/export")]
pub async fn export_account_statement(
    app: Data<App>,
    caller: Caller,
    account_id: Path<AccountId>,
    query: Query<StatementExportQuery>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let account = readable(&mut conn, &caller, *account_id).await?;
    let span = span(&mut conn, account.id, query.from, query.to).await?;
    let rows = list_statement(&mut conn, account.id, span, None, MOST + 1).await?;
    if i64::try_from(rows.len()).is_ok_and(|found| found > MOST) {
        let text = format!("The statement has more than {MOST} lines: ask for a shorter time.");
        return Err(Problem::invalid("statement_too_long", text));
    }
    let lines: Vec<Line> = rows.into_iter().rev().map(Line::from).collect();
    csv_file("statement.csv", &lines)
}
