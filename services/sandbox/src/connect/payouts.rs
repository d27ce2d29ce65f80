//! Money from an account to its bank. It takes two days, and the bank decides whether it arrives.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{ConnectError, PayoutRow, store};
use crate::{
    payments::{Provider, provider_id},
    state::Sandbox,
    stripe::objects,
    webhooks::{self, Origin},
};

const ON_THE_WAY: SignedDuration = SignedDuration::from_hours(48);

/// What the API takes to pay out, checked.
#[derive(Debug, Clone)]
pub struct NewPayout {
    pub account_id: String,
    pub amount: i64,
    pub currency: String,
    pub metadata: Value,
}

/// What the bank does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    Paid,
    /// Also after it was paid: the bank sends it back.
    Failed,
}

pub async fn create_payout_in_tx(conn: &mut Conn, now: Timestamp, new: NewPayout) -> Result<PayoutRow, ConnectError> {
    let missing = || ConnectError::not_found("account", &new.account_id);
    let account = store::lock_account(conn, &new.account_id).await?.ok_or_else(missing)?;
    if !account.is_enabled() || account.bank.is_none() {
        return Err(ConnectError::PayoutsOff);
    }
    if account.currency != new.currency {
        return Err(ConnectError::OtherCurrency { bank: account.currency, asked: new.currency });
    }
    if store::account_balance(conn, &new.account_id).await? < new.amount {
        return Err(ConnectError::BalanceTooSmall);
    }
    let payout = PayoutRow {
        id: provider_id("po"),
        account_id: new.account_id,
        amount: new.amount,
        currency: new.currency,
        status: "in_transit".to_owned(),
        failure_code: None,
        metadata: new.metadata,
        arrives_at: now + ON_THE_WAY,
        created_at: now,
    };
    store::insert_payout(conn, payout.clone()).await?;
    announce_in_tx(conn, now, &payout, &["payout.created"]).await?;
    Ok(payout)
}

async fn announce_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    payout: &PayoutRow,
    types: &[&'static str],
) -> Result<(), ::store::Error> {
    let told = types.iter().map(|event_type| (*event_type, objects::payout(payout))).collect();
    let origin = Origin { provider: Provider::Stripe, account: Some(&payout.account_id) };
    webhooks::announce_from_in_tx(conn, now, origin, told).await
}

/// Settles a payout, by its own id or the platform's.
pub async fn settle(app: &Sandbox, id: &str, settlement: Settlement) -> Result<(), ConnectError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| settle_in_tx(conn, now, id, settlement).await).await?;
    app.wake_jobs();
    Ok(())
}

async fn settle_in_tx(conn: &mut Conn, now: Timestamp, id: &str, settlement: Settlement) -> Result<(), ConnectError> {
    let payout = store::lock_payout(conn, id).await?.ok_or_else(|| ConnectError::not_found("payout", id))?;
    let (status, failure_code) = match (payout.status.as_str(), settlement) {
        ("in_transit", Settlement::Paid) => ("paid", None),
        ("in_transit" | "paid", Settlement::Failed) => ("failed", Some("account_closed")),
        _ => return Err(ConnectError::AlreadySettled),
    };
    store::save_payout(conn, &payout.id, status, failure_code).await?;
    let payout = PayoutRow { status: status.to_owned(), failure_code: failure_code.map(str::to_owned), ..payout };
    let last = if status == "paid" { "payout.paid" } else { "payout.failed" };
    announce_in_tx(conn, now, &payout, &["payout.updated", last]).await?;
    Ok(())
}

pub async fn next_arrival(app: &Sandbox) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_arrival(&mut conn).await?)
}

/// What has been on its way long enough arrives, or does not.
pub async fn settle_due(app: &Sandbox, now: Timestamp) -> anyhow::Result<()> {
    let due = {
        let mut conn = app.db.conn().await?;
        store::due_payout_ids(&mut conn, now).await?
    };
    if due.is_empty() {
        return Ok(());
    }
    for id in due {
        let settled = app.db.transaction(async |conn| settle_by_bank_in_tx(conn, now, &id).await).await;
        match settled {
            // Somebody else was faster.
            Ok(()) | Err(ConnectError::AlreadySettled) => {}
            Err(error) => return Err(error.into()),
        }
    }
    app.wake_jobs();
    Ok(())
}

async fn settle_by_bank_in_tx(conn: &mut Conn, now: Timestamp, id: &str) -> Result<(), ConnectError> {
    let missing = || ConnectError::not_found("payout", id);
    let payout = store::lock_payout(conn, id).await?.ok_or_else(missing)?;
    if payout.status != "in_transit" {
        return Err(ConnectError::AlreadySettled);
    }
    let account = store::find_account(conn, &payout.account_id).await?.ok_or_else(missing)?;
    let fails = account.bank.as_deref() == Some("fails");
    settle_in_tx(conn, now, id, if fails { Settlement::Failed } else { Settlement::Paid }).await
}
