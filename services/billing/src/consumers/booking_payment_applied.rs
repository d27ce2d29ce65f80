//! The booking has counted a payment: it is the first to give back when the booking is cancelled.

use contracts::booking::v1::BookingPaymentApplied;
use events::{Delivery, HandlerError};
use kernel::PaymentId;
use store::Conn;

use crate::{
    App,
    payables::take_booking_in_tx,
    payments::{commands::save_changed_in_tx, store::lock_payment},
    refunds::refund_cancellation_in_tx,
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingPaymentApplied>) -> Result<(), HandlerError> {
    let (applied, now) = (delivery.event, app.clock.now());
    let payable = take_booking_in_tx(conn, applied.booking.as_ref(), now).await?;
    let payment_id: PaymentId = applied.payment_id.parse().map_err(HandlerError::rejected)?;
    // What was paid at the desk is no payment of ours.
    let Some(mut payment) = lock_payment(conn, payment_id).await? else { return Ok(()) };
    if payment.applied_at.is_none() {
        payment.applied_at = Some(now);
        save_changed_in_tx(conn, &mut payment, now).await?;
    }
    refund_cancellation_in_tx(conn, payable.reference, now).await?;
    Ok(())
}
