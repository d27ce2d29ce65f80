//! `GET /api/ledger/accounts`.

use actix_web::{HttpResponse, get, web::Data};
use kernel::{AccountId, CompanyId, Currency};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Page, PageQuery, Query};

use crate::{
    accounts::{
        Owner,
        store::{AccountRow, list_accounts_of},
    },
    startup::App,
};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AccountsQuery {
    /// Whose accounts: a company's instead of one's own.
    pub company_id: Option<CompanyId>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Amounts are minor units of `currency`, on the account's normal side.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccountResponse {
    pub id: AccountId,
    #[schema(example = "liabilities:customer:usr_01h455vb4pex5vsknk084sn02q:wallet")]
    pub code: String,
    pub currency: Currency,
    pub posted: i64,
    /// What holds keep of it.
    pub held: i64,
}

impl From<AccountRow> for AccountResponse {
    fn from(row: AccountRow) -> Self {
        let held = row.held();
        Self { id: row.id, code: row.code, currency: row.currency, posted: row.posted, held }
    }
}

/// The accounts of the caller, or of a company the caller works for.
#[utoipa::path(
    tag = "ledger",
    params(AccountsQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Page<AccountResponse>),
        (status = 404, body = ProblemBody, description = "The company is not there, or not the caller's."),
    )
)]
#[get("/api/ledger/accounts")]
pub async fn list_ledger_accounts(
    app: Data<App>,
    caller: Caller,
    query: Query<AccountsQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, after) = (paging.limit()?, paging.after::<AccountId>()?);
    let owner = match query.company_id {
        Some(company_id) if caller.is_platform_admin() => Owner::Company(company_id),
        Some(company_id) => Owner::Company(caller.staff_of(company_id)?.company_id()),
        None => Owner::User(caller.user_id()),
    };
    let rows = list_accounts_of(&mut *app.db.conn().await?, owner, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| row.id);
    Ok(HttpResponse::Ok().json(page.map(AccountResponse::from)))
}
