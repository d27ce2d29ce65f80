//! `GET /api/credits` and `GET /api/credits/grants`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::{AccountId, CreditGrantId, Currency};
use problem::Problem;
use serde::Serialize;
use service_kit::{Caller, Page, PageQuery, Query};

use super::{
    model::Origin,
    store::{LotRow, list_lots},
};
use crate::{
    accounts::{AccountCode, Owner, store::accounts_of},
    startup::App,
};

/// A customer's credits in one currency, in minor units.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CreditsBalance {
    /// `/api/wallets/{wallet_id}/entries` lists every movement.
    pub wallet_id: AccountId,
    pub currency: Currency,
    pub balance: i64,
    pub held: i64,
    pub available: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CreditsResponse {
    pub credits: Vec<CreditsBalance>,
}

/// The caller's credits.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), responses((status = 200, body = CreditsResponse)))]
#[get("/api/credits")]
pub async fn get_my_credits(app: Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let accounts = accounts_of(&mut *app.db.conn().await?, Owner::User(caller.user_id())).await?;
    let code = AccountCode::CustomerCredits(caller.user_id()).to_string();
    let credits = accounts.into_iter().filter(|account| account.code == code).map(|account| CreditsBalance {
        wallet_id: account.id,
        currency: account.currency,
        balance: account.posted,
        held: account.held(),
        available: account.posted.saturating_sub(account.held()),
    });
    Ok(HttpResponse::Ok().json(CreditsResponse { credits: credits.collect() }))
}

/// Credits that were bought or given at once, and what is left of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CreditGrantResponse {
    pub id: CreditGrantId,
    pub currency: Currency,
    pub origin: Origin,
    /// What they come from: a payment, a subscription.
    pub source: String,
    pub granted: i64,
    /// Neither spent, nor held, nor expired.
    pub remaining: i64,
    #[schema(value_type = String, format = DateTime)]
    pub granted_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl From<LotRow> for CreditGrantResponse {
    fn from(row: LotRow) -> Self {
        Self {
            id: row.id,
            currency: row.currency,
            origin: Origin::parse(&row.origin),
            source: row.source,
            granted: row.granted,
            remaining: row.remaining,
            granted_at: row.granted_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
        }
    }
}

/// The caller's grants of credits, newest first.
#[utoipa::path(
    tag = "ledger",
    params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<CreditGrantResponse>))
)]
#[get("/api/credits/grants")]
pub async fn list_my_credit_grants(
    app: Data<App>,
    caller: Caller,
    paging: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = (paging.limit()?, paging.after::<(Timestamp, CreditGrantId)>()?);
    let rows = list_lots(&mut *app.db.conn().await?, caller.user_id(), before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.granted_at.to_jiff(), row.id));
    Ok(HttpResponse::Ok().json(page.map(CreditGrantResponse::from)))
}
