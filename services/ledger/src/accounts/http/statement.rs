//! `GET /api/ledger/accounts/{account_id}/statement` and `GET /api/wallets/{wallet_id}/entries`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::{AccountId, Currency, TransferId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Page, PageQuery, Path, Query};
use store::Conn;

use super::readable;
use crate::{
    accounts::{
        Owner,
        statement::{StatementRow, list_statement, span},
    },
    startup::App,
};

/// One line of a statement. Amounts are minor units of `currency`; one of `debit` and `credit` is 0.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StatementLine {
    /// 1, 2, 3, … within the account, without a gap.
    pub number: i64,
    pub transfer_id: TransferId,
    #[schema(example = "payment_allocated")]
    pub kind: String,
    pub source: String,
    pub currency: Currency,
    pub debit: i64,
    pub credit: i64,
    /// The balance after this line, on the account's normal side.
    pub balance_after: i64,
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
}

impl From<StatementRow> for StatementLine {
    fn from(row: StatementRow) -> Self {
        Self {
            number: row.number,
            transfer_id: row.transfer_id,
            kind: row.kind,
            source: row.source,
            currency: row.currency,
            debit: row.amount.max(0),
            credit: row.amount.min(0).saturating_neg(),
            balance_after: row.balance_after,
            effective_at: row.effective_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
        }
    }
}

/// An account's statement, newest first. `from` and `to` are instants of recording.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// Recorded at this instant or later.
    #[param(value_type = Option<String>, format = "date-time")]
    pub from: Option<Timestamp>,
    /// Recorded before this instant.
    #[param(value_type = Option<String>, format = "date-time")]
    pub to: Option<Timestamp>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// An account's entries, newest first.
#[utoipa::path(
    tag = "ledger",
    params(("account_id" = AccountId, Path), StatementQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<StatementLine>))
)]
#[get("/api/ledger/accounts/{account_id}/statement")]
pub async fn get_account_statement(
    app: Data<App>,
    caller: Caller,
    account_id: Path<AccountId>,
    query: Query<StatementQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = paging(&query)?;
    let mut conn = app.db.conn().await?;
    let account = readable(&mut conn, &caller, *account_id).await?;
    Ok(HttpResponse::Ok().json(page(&mut conn, account.id, &query, paging).await?))
}

/// The entries of one of the caller's wallets, or of their credits, newest first.
#[utoipa::path(
    tag = "ledger",
    params(("wallet_id" = AccountId, Path), StatementQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<StatementLine>))
)]
#[get("/api/wallets/{wallet_id}/entries")]
pub async fn list_wallet_entries(
    app: Data<App>,
    caller: Caller,
    wallet_id: Path<AccountId>,
    query: Query<StatementQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = paging(&query)?;
    let mut conn = app.db.conn().await?;
    let account = readable(&mut conn, &caller, *wallet_id).await?;
    if !matches!(account.owner(), Some(Owner::User(_))) {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Ok().json(page(&mut conn, account.id, &query, paging).await?))
}

/// How many lines, and before which number.
type Paging = (i64, Option<i64>);

fn paging(query: &StatementQuery) -> Result<Paging, Problem> {
    let paging = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    Ok((paging.limit()?, paging.after::<i64>()?))
}

async fn page(
    conn: &mut Conn,
    account_id: AccountId,
    query: &StatementQuery,
    (limit, before): Paging,
) -> Result<Page<StatementLine>, Problem> {
    let span = span(conn, account_id, query.from, query.to).await?;
    let rows = list_statement(conn, account_id, span, before, limit + 1).await?;
    Ok(Page::of(rows, limit, |row| row.number).map(StatementLine::from))
}
