//! A cancelled booking: its open sessions are given up, and what its policy gives back goes back.

use contracts::booking::v1::BookingCancelled;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    App,
    payables::{store::set_cancellation_refund, take_booking_in_tx},
    refunds::refund_cancellation_in_tx,
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingCancelled>) -> Result<(), HandlerError> {
    let (cancelled, now) = (delivery.event, app.clock.now());
    let payable = take_booking_in_tx(conn, cancelled.booking.as_ref(), now).await?;
    // The studio hands the rest back itself.
    let refund = cancelled.refund_amount.saturating_sub(cancelled.refund_at_desk);
    set_cancellation_refund(conn, payable.reference, refund.max(0)).await?;
    refund_cancellation_in_tx(conn, payable.reference, now).await?;
    Ok(())
}
