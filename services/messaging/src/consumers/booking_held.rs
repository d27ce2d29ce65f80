//! A room is held. Nobody is told yet; mails to come know the booking.

use contracts::booking::v1::BookingHeld;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::bookings::{self, Occurred};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingHeld>) -> Result<(), HandlerError> {
    bookings::remember(conn, &Occurred::try_from(delivery.event.booking)?).await?;
    Ok(())
}
