//! A booking that is confirmed: its balance, where there is one, can be paid.

use contracts::booking::v1::BookingConfirmed;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingConfirmed>) -> Result<(), HandlerError> {
    take_booking_in_tx(conn, delivery.event.booking.as_ref(), app.clock.now()).await?;
    Ok(())
}
