//! `POST /internal/reconciliation/balance-transactions`: billing hands over what it has fetched from a provider.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, post, web::Data};
use jiff::Timestamp;
use kernel::Currency;
use problem::Problem;
use serde::Deserialize;
use service_kit::{
    Json,
    identity::{CalledBy, ServiceCaller},
};

use super::{commands::take_in_tx, model::Class, store::NewTransaction};
use crate::{accounts::ProviderCode, done::done, startup::App};

/// Who talks to the providers.
pub struct Billing;

impl ServiceCaller for Billing {
    const ALLOWED: &'static [&'static str] = &["billing"];
}

/// Transactions of one request.
const MOST: usize = 1_000;

/// Characters of an id.
const LONGEST_ID: usize = 255;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveBalanceTransactionsRequest {
    #[schema(pattern = "^[a-z_]{1,32}$", example = "stripe")]
    pub provider: String,
    #[schema(min_items = 1, max_items = 1000)]
    pub transactions: Vec<BalanceTransaction>,
}

/// Amounts are minor units of `currency`; positive is money for us.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BalanceTransaction {
    /// The provider's id: the same one again replaces what was said of it before.
    #[schema(min_length = 1, max_length = 255)]
    pub id: String,
    pub class: Class,
    /// Our id of the payment, refund or payout that it is about.
    #[schema(min_length = 1, max_length = 255)]
    pub reference: Option<String>,
    pub currency: Currency,
    /// Before fees.
    pub amount: i64,
    /// What the provider kept of it.
    #[serde(default)]
    pub fee: i64,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
}

/// Keeps what a provider says has moved, and posts its fees and what it has sent to our bank.
#[utoipa::path(
    tag = "internal",
    request_body = SaveBalanceTransactionsRequest,
    security(("bearer" = [])),
    responses((status = 204))
)]
#[post("/internal/reconciliation/balance-transactions")]
pub async fn save_balance_transactions(
    app: Data<App>,
    _: CalledBy<Billing>,
    request: Json<SaveBalanceTransactionsRequest>,
) -> Result<HttpResponse, Problem> {
    let request = request.into_inner();
    let provider: ProviderCode = request.provider.parse().map_err(|_| {
        Problem::invalid("unknown_provider", "There is no such provider.").at("/provider", "not a provider")
    })?;
    check(&request.transactions)?;
    let transactions: Vec<NewTransaction> = request.transactions.into_iter().map(NewTransaction::from).collect();
    let (app, provider, transactions) = (&app, &provider, &transactions);
    done(app, async |conn| take_in_tx(app, conn, provider, transactions).await).await
}

/// One statement writes them all, and takes each id once.
fn check(transactions: &[BalanceTransaction]) -> Result<(), Problem> {
    let is_id = |id: &str| (1..=LONGEST_ID).contains(&id.len()) && !id.chars().any(char::is_control);
    let ids: BTreeSet<&str> = transactions.iter().map(|transaction| transaction.id.as_str()).collect();
    let readable = transactions
        .iter()
        .all(|transaction| is_id(&transaction.id) && transaction.reference.as_deref().is_none_or(is_id));
    if (1..=MOST).contains(&transactions.len()) && ids.len() == transactions.len() && readable {
        return Ok(());
    }
    let text = format!("1 to {MOST} transactions, each id once, ids of 1 to {LONGEST_ID} characters.");
    Err(Problem::invalid("invalid_transactions", text).at("/transactions", "not acceptable"))
}

impl From<BalanceTransaction> for NewTransaction {
    fn from(transaction: BalanceTransaction) -> Self {
        Self {
            id: transaction.id,
            class: transaction.class,
            reference: transaction.reference,
            currency: transaction.currency,
            amount: transaction.amount,
            fee: transaction.fee,
            occurred_at: transaction.occurred_at,
        }
    }
}
