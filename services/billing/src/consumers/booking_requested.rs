//! A booking that waits for approval: known, and not payable yet.

use contracts::booking::v1::BookingRequested;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingRequested>) -> Result<(), HandlerError> {
    take_booking_in_tx(conn, delivery.event.booking.as_ref(), app.clock.now()).await?;
    Ok(())
}
