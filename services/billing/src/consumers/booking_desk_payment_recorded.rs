//! Money was taken at the studio's desk; what is left to pay here is less.

use contracts::booking::v1::BookingDeskPaymentRecorded;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx};

pub async fn handle(
    app: &App,
    conn: &mut Conn,
    delivery: Delivery<BookingDeskPaymentRecorded>,
) -> Result<(), HandlerError> {
    take_booking_in_tx(conn, delivery.event.booking.as_ref(), app.clock.now()).await?;
    Ok(())
}
