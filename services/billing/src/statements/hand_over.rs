//! Asking providers what has moved, page by page, and handing each page over. The ledger keeps a movement by its id, so
//! that one that is told again replaces itself.

use anyhow::Context as _;
use jiff::Timestamp;
use kernel::Currency;
use providers::{
    Movement, MovementKind, MovementsRequest, PaymentProvider, ProviderEvent, ProviderName, StatementProvider,
};
use serde::Serialize;

use super::{
    adopt::adopt_news,
    store::{disputes_by_provider_id, payments_by_provider_id, payouts_by_movement, refunds_by_provider_id},
};
use crate::App;

const LEDGER: &str = "ledger";

/// As the ledger's `POST /internal/reconciliation/balance-transactions` takes it.
#[derive(Debug, Serialize)]
struct HandOver {
    provider: &'static str,
    transactions: Vec<BalanceTransaction>,
}

#[derive(Debug, Serialize)]
struct BalanceTransaction {
    id: String,
    class: &'static str,
    reference: Option<String>,
    currency: Currency,
    amount: i64,
    fee: i64,
    occurred_at: Timestamp,
}

/// Once an hour, and for a clock that was moved.
pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let providers = app.providers();
    for name in providers.enabled() {
        let Some(provider) = providers.get(name) else { continue };
        let Some(from) = app.statements.from(name, now) else { continue };
        match look(app, provider.as_ref(), (from, now)).await {
            Ok(()) => app.statements.succeeded(name, now),
            Err(error) => {
                app.statements.failed(name);
                return Err(error.context(format!("the movements at {name}")));
            }
        }
    }
    Ok(())
}

async fn look(app: &App, provider: &dyn PaymentProvider, span: (Timestamp, Timestamp)) -> anyhow::Result<()> {
    let name = provider.name();
    if let Some(statement) = provider.statement() {
        hand_over(app, name, statement, span).await?;
    }
    let news = provider.list_news(span.0, span.1).await?;
    Ok(adopt_news(app, name, &news.iter().collect::<Vec<_>>(), span.1).await?)
}

async fn hand_over(
    app: &App,
    provider: ProviderName,
    statement: &dyn StatementProvider,
    (from, to): (Timestamp, Timestamp),
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = statement.list_movements(MovementsRequest { from, to, after: after.take() }).await?;
        let told: Vec<&ProviderEvent> = page.movements.iter().filter_map(|movement| movement.told.as_ref()).collect();
        adopt_news(app, provider, &told, to).await?;
        let transactions = transactions(app, provider, page.movements).await?;
        if !transactions.is_empty() {
            let body = HandOver { provider: provider.as_str(), transactions };
            let path = "/internal/reconciliation/balance-transactions";
            app.peers.tell(LEDGER, path, &body).await.context("handing movements over")?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// With our ids also where the provider has only its own: all of Square's, refunds that were made in a dashboard, what
/// companies give back for refunds, disputes, PayPal's payouts that came back.
async fn transactions(
    app: &App,
    provider: ProviderName,
    movements: Vec<Movement>,
) -> Result<Vec<BalanceTransaction>, store::Error> {
    let unnamed = |kinds: &[MovementKind]| -> Vec<&str> {
        let unnamed =
            movements.iter().filter(|movement| movement.reference.is_none() && kinds.contains(&movement.kind));
        unnamed.filter_map(|movement| movement.source.as_deref()).collect()
    };
    let mut conn = app.db.conn().await?;
    let paid = [MovementKind::Charge, MovementKind::ApplicationFee, MovementKind::ApplicationFeeRefund];
    let payments = payments_by_provider_id(&mut conn, provider, &unnamed(&paid)).await?;
    let refunded = unnamed(&[MovementKind::Refund, MovementKind::RefundReturn, MovementKind::ForwardReturn]);
    let refunds = refunds_by_provider_id(&mut conn, provider, &refunded).await?;
    let disputed = unnamed(&[MovementKind::Dispute, MovementKind::DisputeReturn]);
    let disputes = disputes_by_provider_id(&mut conn, provider, &disputed).await?;
    let paid_out = unnamed(&[MovementKind::Payout, MovementKind::PayoutReturn]);
    let payouts = payouts_by_movement(&mut conn, provider, &paid_out).await?;
    let known = |source: &str| {
        let payment = payments.get(source).map(ToString::to_string);
        let refund = || refunds.get(source).map(|(id, _)| id.to_string());
        payment.or_else(refund).or_else(|| disputes.get(source).map(|(id, _)| id.to_string()))
    };
    // A payout's fee names it as well, and is no part of it.
    let payout = |movement: &Movement| {
        let is_payout = matches!(movement.kind, MovementKind::Payout | MovementKind::PayoutReturn);
        payouts.get(movement.source.as_deref().filter(|_| is_payout)?).map(ToString::to_string)
    };
    let reference = |movement: &Movement| {
        let told = movement.reference.clone();
        told.or_else(|| movement.source.as_deref().and_then(known)).or_else(|| payout(movement))
    };
    let transaction = |movement: Movement| BalanceTransaction {
        reference: reference(&movement),
        id: movement.id,
        class: movement.kind.as_str(),
        currency: movement.amount.currency,
        amount: movement.amount.amount,
        fee: movement.fee,
        occurred_at: movement.occurred_at,
    };
    // Nothing to compare, and the ledger keeps no movement of nothing.
    let moves = |movement: &Movement| movement.amount.amount != 0 || movement.fee != 0;
    Ok(movements.iter().filter(|movement| moves(movement)).cloned().map(transaction).collect())
}
