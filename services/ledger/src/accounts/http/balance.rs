//! `GET /api/ledger/accounts/{account_id}/balance`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::{AccountId, Currency};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Path, Query};

use super::readable;
use crate::{
    accounts::{
        history::{balance_as_effective, balance_as_known},
        store::AccountRow,
    },
    startup::App,
};

/// What a past instant means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsOf {
    /// What had taken effect by then, as it is known today.
    #[default]
    Effective,
    /// What was recorded by then: the answer that was given at that instant.
    Known,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BalanceQuery {
    /// A past instant; now when absent.
    #[param(value_type = Option<String>, format = "date-time")]
    pub at: Option<Timestamp>,
    /// `effective` when absent.
    #[serde(rename = "as")]
    #[param(rename = "as", inline)]
    pub as_of: Option<AsOf>,
}

/// Amounts are minor units of `currency`, on the account's normal side.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BalanceResponse {
    pub account_id: AccountId,
    pub code: String,
    pub currency: Currency,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub posted: i64,
    /// What holds keep; only of the present.
    #[schema(required)]
    pub held: Option<i64>,
    /// Posted less held; only of the present.
    #[schema(required)]
    pub available: Option<i64>,
}

/// An account's balance now, or at a past instant.
#[utoipa::path(
    tag = "ledger",
    params(("account_id" = AccountId, Path), BalanceQuery),
    security(("bearer" = [])),
    responses((status = 200, body = BalanceResponse))
)]
#[get("/api/ledger/accounts/{account_id}/balance")]
pub async fn get_account_balance(
    app: Data<App>,
    caller: Caller,
    account_id: Path<AccountId>,
    query: Query<BalanceQuery>,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let account = readable(&mut conn, &caller, *account_id).await?;
    let Some(at) = query.at.filter(|at| *at < now) else {
        return Ok(HttpResponse::Ok().json(present(account, now)));
    };
    let posted = match query.as_of.unwrap_or_default() {
        AsOf::Effective => balance_as_effective(&mut conn, account.id, at).await?,
        AsOf::Known => balance_as_known(&mut conn, account.id, at).await?,
    };
    let (account_id, code, currency) = (account.id, account.code, account.currency);
    let past = BalanceResponse { account_id, code, currency, at, posted, held: None, available: None };
    Ok(HttpResponse::Ok().json(past))
}

fn present(account: AccountRow, at: Timestamp) -> BalanceResponse {
    let held = account.held();
    BalanceResponse {
        account_id: account.id,
        currency: account.currency,
        at,
        posted: account.posted,
        held: Some(held),
        available: Some(account.posted.saturating_sub(held)),
        code: account.code,
    }
}
