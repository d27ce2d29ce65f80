//! What becomes of an item.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    objects,
    store::{self, PayoutRow},
};
use crate::{
    connect::{ConnectError, payouts::Settlement},
    payments::{Provider, paypal_id},
    paypal::PaypalError,
    state::Sandbox,
    webhooks::{self, Origin},
};

/// PayPal's is a matter of seconds to minutes.
const PROCESSED_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// How long a receiver without an account may take to make one.
const CLAIMABLE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a `sender_batch_id` is remembered.
pub const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Two percent, which PayPal keeps also of what comes back.
const FEE_PERCENT: i64 = 2;

/// Where an item stands, in PayPal's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Success,
    Unclaimed,
    Failed,
    Returned,
    Refunded,
}

impl Status {
    const ALL: [Self; 6] =
        [Self::Pending, Self::Success, Self::Unclaimed, Self::Failed, Self::Returned, Self::Refunded];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Unclaimed => "UNCLAIMED",
            Self::Failed => "FAILED",
            Self::Returned => "RETURNED",
            Self::Refunded => "REFUNDED",
        }
    }

    /// The database allows no other names.
    pub fn by_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.as_str() == name).unwrap_or(Self::Pending)
    }

    /// What becomes of it by itself; its receiver decides where PayPal processes it.
    fn next(self, receiver: &str) -> Option<Self> {
        match self {
            Self::Pending => Some(receiver_decides(receiver)),
            Self::Unclaimed => Some(Self::Returned),
            Self::Success | Self::Failed | Self::Returned | Self::Refunded => None,
        }
    }

    /// What becomes of it where somebody decides at once: what has arrived can still be sent back.
    fn settled(self, settlement: Settlement) -> Option<Self> {
        match (self, settlement) {
            (Self::Pending | Self::Unclaimed, Settlement::Paid) => Some(Self::Success),
            (Self::Pending, Settlement::Failed) => Some(Self::Failed),
            (Self::Unclaimed, Settlement::Failed) => Some(Self::Returned),
            (Self::Success, Settlement::Failed) => Some(Self::Refunded),
            _ => None,
        }
    }

    fn event_type(self) -> &'static str {
        match self {
            Self::Pending => "PAYMENT.PAYOUTSBATCH.PROCESSING",
            Self::Success => "PAYMENT.PAYOUTS-ITEM.SUCCEEDED",
            Self::Unclaimed => "PAYMENT.PAYOUTS-ITEM.UNCLAIMED",
            Self::Failed => "PAYMENT.PAYOUTS-ITEM.FAILED",
            Self::Returned => "PAYMENT.PAYOUTS-ITEM.RETURNED",
            Self::Refunded => "PAYMENT.PAYOUTS-ITEM.REFUNDED",
        }
    }
}

/// The addresses that stand for a case: `unclaimed@…` has no account at PayPal, `fails@…` one that takes nothing.
fn receiver_decides(receiver: &str) -> Status {
    match receiver.split(['@', '+']).next() {
        Some("unclaimed") => Status::Unclaimed,
        Some("fails") => Status::Failed,
        _ => Status::Success,
    }
}

/// What the API takes to pay out, checked.
#[derive(Debug, Clone)]
pub struct NewPayout {
    pub sender_batch_id: String,
    pub sender_item_id: Option<String>,
    pub header: Value,
    pub item: Value,
    pub receiver: String,
    pub amount: i64,
    pub currency: String,
}

pub async fn create_payout_in_tx(conn: &mut Conn, now: Timestamp, new: NewPayout) -> Result<PayoutRow, PaypalError> {
    // One at a time: neither an id nor the balance is used twice.
    store::lock(conn).await?;
    if let Some(known) = store::find_sent_as(conn, &new.sender_batch_id, now - REMEMBERED_FOR).await? {
        return Err(PaypalError::made_before(&objects::batch_address(&known.batch_id)));
    }
    let fee = new.amount * FEE_PERCENT / 100;
    if store::free_balance(conn, &new.currency, now).await? < new.amount + fee {
        return Err(PaypalError::insufficient_funds());
    }
    let row = PayoutRow {
        batch_id: paypal_id(),
        item_id: paypal_id(),
        transaction_id: paypal_id(),
        sender_batch_id: new.sender_batch_id,
        sender_item_id: new.sender_item_id,
        header: new.header,
        item: new.item,
        receiver: new.receiver,
        amount: new.amount,
        fee,
        currency: new.currency,
        status: Status::Pending.as_str().to_owned(),
        due_at: Some(now + PROCESSED_AFTER),
        created_at: now,
        sent_at: None,
        returned_at: None,
    };
    store::insert_payout(conn, row.clone()).await?;
    announce_in_tx(conn, now, vec![(Status::Pending.event_type(), objects::batch(&row))]).await?;
    Ok(row)
}

/// What nobody has claimed is given back at once.
pub async fn cancel_in_tx(conn: &mut Conn, now: Timestamp, item_id: &str) -> Result<PayoutRow, PaypalError> {
    let row = store::lock_by_item(conn, item_id).await?.ok_or_else(PaypalError::not_found)?;
    if row.status() != Status::Unclaimed {
        return Err(PaypalError::refused("ITEM_INCORRECT_STATUS", "Only an unclaimed item can be cancelled."));
    }
    Ok(become_in_tx(conn, now, row, Status::Returned).await?)
}

/// Decides what becomes of a payout, by PayPal's id of its batch or the platform's id.
pub async fn settle(app: &Sandbox, id: &str, settlement: Settlement) -> Result<(), ConnectError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let row = store::lock_payout(conn, id).await?.ok_or_else(|| ConnectError::not_found("payout", id))?;
            let next = row.status().settled(settlement).ok_or(ConnectError::AlreadySettled)?;
            become_in_tx(conn, now, row, next).await?;
            Ok::<_, ConnectError>(())
        })
        .await?;
    app.wake_jobs();
    Ok(())
}

pub async fn next_due(app: &Sandbox) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_due(&mut conn).await?)
}

/// What has waited long enough goes on.
pub async fn go_on_due(app: &Sandbox, now: Timestamp) -> anyhow::Result<()> {
    let due = store::due_ids(&mut *app.db.conn().await?, now).await?;
    for id in &due {
        app.db.transaction(async |conn| go_on_in_tx(conn, now, id).await).await?;
    }
    if !due.is_empty() {
        app.wake_jobs();
    }
    Ok(())
}

async fn go_on_in_tx(conn: &mut Conn, now: Timestamp, id: &str) -> Result<(), ::store::Error> {
    let Some(row) = store::lock_payout(conn, id).await? else { return Ok(()) };
    // Somebody else may have been faster.
    let is_due = row.due_at.is_some_and(|at| at <= now);
    if let Some(next) = row.status().next(&row.receiver).filter(|_| is_due) {
        become_in_tx(conn, now, row, next).await?;
    }
    Ok(())
}

async fn become_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    before: PayoutRow,
    next: Status,
) -> Result<PayoutRow, ::store::Error> {
    let was_pending = before.status() == Status::Pending;
    let leaves = matches!(next, Status::Success | Status::Unclaimed);
    let comes_back = matches!(next, Status::Returned | Status::Refunded);
    let row = PayoutRow {
        status: next.as_str().to_owned(),
        due_at: (next == Status::Unclaimed).then_some(now + CLAIMABLE_FOR),
        sent_at: before.sent_at.or(leaves.then_some(now)),
        returned_at: comes_back.then_some(now),
        ..before
    };
    store::save_payout(conn, row.clone()).await?;
    let batch = was_pending.then(|| ("PAYMENT.PAYOUTSBATCH.SUCCESS", objects::batch(&row)));
    let told = batch.into_iter().chain([(next.event_type(), objects::item_with_batch(&row))]).collect();
    announce_in_tx(conn, now, told).await?;
    Ok(row)
}

async fn announce_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    told: Vec<(&'static str, Value)>,
) -> Result<(), ::store::Error> {
    webhooks::announce_from_in_tx(conn, now, Origin { provider: Provider::Paypal, account: None }, told).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_decides_what_becomes_of_an_item() {
        for (receiver, processed) in [
            ("studio@example.com", Status::Success),
            ("unclaimed@example.com", Status::Unclaimed),
            ("unclaimed+2@example.com", Status::Unclaimed),
            ("fails@example.com", Status::Failed),
            ("never-fails@example.com", Status::Success),
        ] {
            assert_eq!(Status::Pending.next(receiver), Some(processed), "{receiver}");
        }
        assert_eq!(Status::Unclaimed.next("unclaimed@example.com"), Some(Status::Returned));
        assert_eq!(Status::Success.next("fails@example.com"), None);
    }

    #[test]
    fn what_has_come_back_stays() {
        for status in Status::ALL {
            let ends = matches!(status, Status::Failed | Status::Returned | Status::Refunded);
            assert_eq!(status.settled(Settlement::Failed).is_none(), ends, "{status:?}");
            assert_eq!(Status::by_name(status.as_str()), status);
        }
    }
}
