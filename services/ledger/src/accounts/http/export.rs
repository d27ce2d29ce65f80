//! `GET /api/ledger/accounts/{account_id}/statement/export`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::AccountId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Path, Query};

use super::readable;
use crate::{
    accounts::{
        printed::Statement,
        statement::{StatementRow, balance_after, list_statement, span},
    },
    exports::{csv_file, major},
    startup::App,
};

/// What kind of file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementFormat {
    #[default]
    Csv,
    Pdf,
}

impl StatementFormat {
    /// Lines of one file.
    fn most(self) -> usize {
        match self {
            Self::Csv => 20_000,
            Self::Pdf => documents::MAX_ROWS,
        }
    }
}

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
    /// `csv` when absent. A PDF has 2,000 lines at most, a CSV file 20,000.
    #[param(inline)]
    pub format: Option<StatementFormat>,
}

/// A line of the CSV file; amounts are decimals of the major unit.
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

/// A statement as a file, CSV or PDF, oldest line first.
#[utoipa::path(
    tag = "ledger",
    params(("account_id" = AccountId, Path), StatementExportQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, content((String = "text/csv"), (String = "application/pdf"))),
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
    let format = query.format.unwrap_or_default();
    let statement = statement(&app, &caller, *account_id, &query, format.most()).await?;
    match format {
        StatementFormat::Csv => {
            let lines: Vec<Line> = statement.lines.into_iter().map(Line::from).collect();
            csv_file("statement.csv", &lines)
        }
        StatementFormat::Pdf => {
            Ok(documents::download("statement.pdf", app.printer.print(statement.document()).await?))
        }
    }
}

/// The connection is given back before anything is printed.
async fn statement(
    app: &App,
    caller: &Caller,
    account_id: AccountId,
    query: &StatementExportQuery,
    most: usize,
) -> Result<Statement, Problem> {
    let mut conn = app.db.conn().await?;
    let account = readable(&mut conn, caller, account_id).await?;
    let at = app.clock.now();
    let span = span(&mut conn, account.id, query.from, query.to).await?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let mut lines = list_statement(&mut conn, account.id, span, None, limit).await?;
    if lines.len() > most {
        let text = format!("The statement has more than {most} lines: ask for a shorter time.");
        return Err(Problem::invalid("statement_too_long", text));
    }
    lines.reverse();
    let opening = balance_after(&mut conn, account.id, span.after).await?;
    Ok(Statement { account, from: query.from, to: query.to, at, opening, lines })
}
