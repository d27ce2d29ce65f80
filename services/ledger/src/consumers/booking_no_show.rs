//! `booking.booking_no_show`: nobody came, and nothing goes back. The company's share becomes payable.

use contracts::booking::v1::BookingNoShow;
use events::{Delivery, HandlerError};
use store::Conn;

use super::completed;
use crate::{App, allocations::complete_booking_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingNoShow>) -> Result<(), HandlerError> {
    complete_booking_in_tx(app, conn, completed(delivery, |event| event.booking)?).await?;
    Ok(())
}
