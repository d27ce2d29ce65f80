//! Money was handed back at the studio's desk, none of which was ours.

use contracts::booking::v1::BookingDeskRefundRecorded;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payables::take_booking_in_tx};

pub async fn handle(
    app: &App,
    conn: &mut Conn,
    delivery: Delivery<BookingDeskRefundRecorded>,
) -> Result<(), HandlerError> {
    take_booking_in_tx(conn, delivery.event.booking.as_ref(), app.clock.now()).await?;
    Ok(())
}
