//! A booking that can be paid from now on, until its hold expires.

use contracts::booking::v1::BookingHeld;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingHeld>) -> Result<(), HandlerError> {
    take_booking_in_tx(conn, delivery.event.booking.as_ref(), app.clock.now()).await?;
    Ok(())
}
