//! A booking that nobody will pay: its open sessions are given up.

use contracts::booking::v1::BookingDeclined;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingDeclined>) -> Result<(), HandlerError> {
    take_booking_in_tx(conn, delivery.event.booking.as_ref(), app.clock.now()).await?;
    Ok(())
}
