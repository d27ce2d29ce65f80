//! The booking cannot use a payment: what is left of it goes back, once.

use contracts::booking::v1::BookingPaymentOrphaned;
use events::{Delivery, HandlerError};
use kernel::PaymentId;
use store::Conn;

use crate::{
    App,
    payables::take_booking_in_tx,
    refunds::{refund_cancellation_in_tx, refund_orphan_in_tx},
};

pub async fn handle(
    app: &App,
    conn: &mut Conn,
    delivery: Delivery<BookingPaymentOrphaned>,
) -> Result<(), HandlerError> {
    let (orphaned, now) = (delivery.event, app.clock.now());
    let payable = take_booking_in_tx(conn, orphaned.booking.as_ref(), now).await?;
    let payment_id: PaymentId = orphaned.payment_id.parse().map_err(HandlerError::rejected)?;
    refund_orphan_in_tx(conn, payment_id, now).await?;
    // A cancellation that was told first may have counted on this payment.
    refund_cancellation_in_tx(conn, payable.reference, now).await?;
    Ok(())
}
