//! A booking was moved: what was paid too much by then goes back, what is missing can be paid.

use contracts::booking::v1::BookingRescheduled;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx, refunds::refund_move_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingRescheduled>) -> Result<(), HandlerError> {
    let (moved, now) = (delivery.event, app.clock.now());
    let payable = take_booking_in_tx(conn, moved.booking.as_ref(), now).await?;
    let version = moved.booking.map_or(0, |booking| booking.version);
    // The studio hands the rest back itself.
    let promised = moved.refund_amount.saturating_sub(moved.refund_at_desk);
    refund_move_in_tx(conn, payable.reference, version, promised.max(0), now).await?;
    Ok(())
}
