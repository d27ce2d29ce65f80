//! Balances of companies and people, and the trial balance.

use actix_web::{HttpResponse, get, web::Data};
use kernel::{CompanyId, Currency};
use problem::Problem;
use serde::Serialize;
use service_kit::{
    Caller, Path, PlatformAdmin,
    identity::{CalledBy, ServiceCaller},
};

use super::model::{CompanyBalance, TrialBalance, Wallet, company_balances, is_settled, trial_balance, wallets};
use crate::{
    accounts::{
        Owner,
        store::{accounts_of, all_accounts},
    },
    startup::App,
};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CompanyBalanceResponse {
    pub balances: Vec<CompanyBalance>,
}

/// What a company has, by currency: for everybody who works for it, and for platform administrators.
#[utoipa::path(
    tag = "ledger",
    params(("company_id" = inline(CompanyId), Path)),
    security(("bearer" = [])),
    responses((status = 200, body = CompanyBalanceResponse))
)]
#[get("/api/companies/{company_id}/balance")]
pub async fn get_company_balance(
    app: Data<App>,
    caller: Caller,
    company_id: Path<CompanyId>,
) -> Result<HttpResponse, Problem> {
    if !caller.is_platform_admin() {
        caller.staff_of(*company_id)?;
    }
    let mut conn = app.db.conn().await?;
    let accounts = accounts_of(&mut conn, Owner::Company(*company_id)).await?;
    // Staff may ask before the company's creation has been heard of here; for others it is not there.
    if accounts.is_empty() && caller.role_in(*company_id).is_none() {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Ok().json(CompanyBalanceResponse { balances: company_balances(&accounts) }))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WalletsResponse {
    pub wallets: Vec<Wallet>,
}

/// The caller's wallets.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), responses((status = 200, body = WalletsResponse)))]
#[get("/api/wallets/me")]
pub async fn list_my_wallets(app: Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let wallets = wallets_of(&app, &caller).await?;
    Ok(HttpResponse::Ok().json(WalletsResponse { wallets }))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AvailableBalanceResponse {
    pub balances: Vec<AvailableBalance>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AvailableBalance {
    pub currency: Currency,
    pub available: i64,
}

/// What the caller can spend, by currency.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), responses((status = 200, body = AvailableBalanceResponse)))]
#[get("/api/user/available-balance")]
pub async fn get_available_balance(app: Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let wallets = wallets_of(&app, &caller).await?;
    let available = |wallet: Wallet| AvailableBalance { currency: wallet.currency, available: wallet.available };
    let balances = wallets.into_iter().map(available).collect();
    Ok(HttpResponse::Ok().json(AvailableBalanceResponse { balances }))
}

async fn wallets_of(app: &App, caller: &Caller) -> Result<Vec<Wallet>, Problem> {
    let mut conn = app.db.conn().await?;
    let accounts = accounts_of(&mut conn, Owner::User(caller.user_id())).await?;
    Ok(wallets(caller.user_id(), &accounts))
}

/// Every account with its balance; per currency the difference is zero.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), responses((status = 200, body = TrialBalance)))]
#[get("/api/admin/ledger/trial-balance")]
pub async fn get_trial_balance(app: Data<App>, _admin: PlatformAdmin) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    Ok(HttpResponse::Ok().json(trial_balance(all_accounts(&mut conn).await?)))
}

/// Auth asks before it closes a company.
pub struct Auth;

impl ServiceCaller for Auth {
    const ALLOWED: &'static [&'static str] = &["auth"];
}

/// Whether anything is still owed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SettlementResponse {
    /// Every account of the company is at zero, and nothing is held.
    pub settled: bool,
}

/// Whether a company has, owes or holds nothing; so is one nobody has heard of.
#[utoipa::path(
    tag = "internal",
    params(("company_id" = inline(CompanyId), Path)),
    security(("bearer" = [])),
    responses((status = 200, body = SettlementResponse))
)]
#[get("/internal/companies/{company_id}/settlement")]
pub async fn get_settlement(
    app: Data<App>,
    _: CalledBy<Auth>,
    company_id: Path<CompanyId>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let accounts = accounts_of(&mut conn, Owner::Company(*company_id)).await?;
    Ok(HttpResponse::Ok().json(SettlementResponse { settled: accounts.iter().all(is_settled) }))
}
