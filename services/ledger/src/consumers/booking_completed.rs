//! `booking.booking_completed`: the company's share of the booking becomes payable.

use contracts::booking::v1::BookingCompleted;
use events::{Delivery, HandlerError};
use store::Conn;

use super::completed;
use crate::{App, allocations::complete_booking_in_tx};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingCompleted>) -> Result<(), HandlerError> {
    complete_booking_in_tx(app, conn, completed(delivery, |event| event.booking)?).await?;
    Ok(())
}
