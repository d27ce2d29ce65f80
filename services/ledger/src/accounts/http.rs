//! `GET /api/ledger/accounts/{account_id}/statement`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::{AccountId, Currency, TransferId};
use problem::Problem;
use serde::Serialize;
use service_kit::{Caller, Page, PageQuery, Path, Query};

use super::{
    Owner,
    statement::{StatementRow, list_statement},
    store::{AccountRow, find_account},
};
use crate::startup::App;

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

/// Platform administrators read every account, staff those of their company, people their own.
fn may_read(caller: &Caller, account: &AccountRow) -> bool {
    caller.is_platform_admin()
        || match account.owner() {
            Some(Owner::Company(company_id)) => caller.role_in(company_id).is_some(),
            Some(Owner::User(user_id)) => caller.user_id() == user_id,
            None => false,
        }
}

/// An account's entries, newest first.
#[utoipa::path(
    tag = "ledger",
    params(("account_id" = AccountId, Path), PageQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<StatementLine>))
)]
#[get("/api/ledger/accounts/{account_id}/statement")]
pub async fn get_account_statement(
    app: Data<App>,
    caller: Caller,
    account_id: Path<AccountId>,
    paging: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = (paging.limit()?, paging.after::<i64>()?);
    let mut conn = app.db.conn().await?;
    let account = find_account(&mut conn, *account_id).await?.filter(|account| may_read(&caller, account));
    let account = account.ok_or_else(Problem::not_found)?;
    let rows = list_statement(&mut conn, account.id, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| row.number);
    Ok(HttpResponse::Ok().json(page.map(StatementLine::from)))
}
