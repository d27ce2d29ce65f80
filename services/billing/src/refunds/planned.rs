//! Refunds that follow from what became of a booking. Each has a key of its own, so that it is made once however often
//! and in whatever order its reason is told.

use jiff::Timestamp;
use kernel::{Money, PaymentId};
use store::Conn;

use super::{
    RefundCause, RefundError,
    commands::create_refund_in_tx,
    model::{NewRefund, Source, spread},
    store as refunds,
};
use crate::{
    payables::{self, PayableRef},
    payments::{self, Payment, PaymentStatus},
};

/// Sends back what is left of a payment that the booking cannot use.
pub async fn refund_orphan_in_tx(conn: &mut Conn, payment_id: PaymentId, now: Timestamp) -> Result<(), RefundError> {
    let payment = payments::store::lock_payment(conn, payment_id).await?;
    let captured = payment.filter(|payment| payment.status == PaymentStatus::Succeeded);
    let mut payment = captured.ok_or(RefundError::NotCaptured(payment_id))?;
    if payment.orphaned_at.is_none() {
        payment.orphaned_at = Some(now);
        payments::commands::save_changed_in_tx(conn, &mut payment, now).await?;
    }
    let unique_key = format!("orphan:{payment_id}");
    let left = payment.left();
    if !left.is_positive() || refunds::has_unique_key(conn, &unique_key).await? {
        return Ok(());
    }
    create_refund_in_tx(conn, &mut payment, planned(left, RefundCause::Orphan, unique_key), now).await?;
    Ok(())
}

/// Spreads what the cancellation gives back over the payable's payments, the newest first.
///
/// Call it whenever something about it becomes known: that the booking is cancelled, or that one of its payments is an
/// orphan, which goes back by itself and covers nothing. The payable is locked by the caller.
pub async fn refund_cancellation_in_tx(
    conn: &mut Conn,
    payable: PayableRef,
    now: Timestamp,
) -> Result<(), RefundError> {
    let promised = payables::store::cancellation_refund(conn, payable).await?;
    if promised == 0 {
        return Ok(());
    }
    let mut usable = payments::store::lock_succeeded_payments(conn, payable).await?;
    usable.retain(|payment| payment.orphaned_at.is_none());
    let ids: Vec<PaymentId> = usable.iter().map(|payment| payment.id).collect();
    let made = refunds::cancellation_refunds(conn, &ids).await?;
    let covered = made.iter().fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
    let is_new = |payment: &&Payment| made.iter().all(|(payment_id, _)| *payment_id != payment.id);
    let sources = usable.iter().filter(is_new).map(source).collect();
    for (payment_id, amount) in spread(promised.saturating_sub(covered), sources) {
        let Some(payment) = usable.iter_mut().find(|payment| payment.id == payment_id) else { continue };
        let unique_key = format!("cancel:{}:{payment_id}", payable.id_text());
        let amount = Money::new(amount, payment.amount.currency);
        create_refund_in_tx(conn, payment, planned(amount, RefundCause::Cancellation, unique_key), now).await?;
    }
    Ok(())
}

/// Spreads what one move to a cheaper time gives back over the payable's payments, the newest first. The version of the
/// booking names the move. The payable is locked by the caller.
pub async fn refund_move_in_tx(
    conn: &mut Conn,
    payable: PayableRef,
    version: i64,
    promised: i64,
    now: Timestamp,
) -> Result<(), RefundError> {
    let mut usable = payments::store::lock_succeeded_payments(conn, payable).await?;
    usable.retain(|payment| payment.orphaned_at.is_none());
    let key = |payment_id: PaymentId| format!("move:{}:{version}:{payment_id}", payable.id_text());
    let keys: Vec<String> = usable.iter().map(|payment| key(payment.id)).collect();
    let made = refunds::amounts_under(conn, &keys).await?;
    let covered = made.iter().fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
    let is_new = |payment: &&Payment| made.iter().all(|(payment_id, _)| *payment_id != payment.id);
    let sources = usable.iter().filter(is_new).map(source).collect();
    for (payment_id, amount) in spread(promised.saturating_sub(covered), sources) {
        let Some(payment) = usable.iter_mut().find(|payment| payment.id == payment_id) else { continue };
        let amount = Money::new(amount, payment.amount.currency);
        create_refund_in_tx(conn, payment, planned(amount, RefundCause::Reschedule, key(payment_id)), now).await?;
    }
    Ok(())
}

fn source(payment: &Payment) -> Source {
    Source {
        payment_id: payment.id,
        left: payment.left().amount,
        is_applied: payment.applied_at.is_some(),
        succeeded_at: payment.succeeded_at,
    }
}

fn planned(amount: Money, cause: RefundCause, unique_key: String) -> NewRefund {
    NewRefund { amount, cause, note: None, requested_by: None, unique_key: Some(unique_key) }
}
