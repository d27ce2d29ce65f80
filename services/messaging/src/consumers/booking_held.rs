//! A room is held. Somebody without an account gets a link to pay by; who has one knows already.

use contracts::booking::v1::BookingHeld;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingHeld>) -> Result<(), HandlerError> {
    let (event_id, now, booking) = (delivery.event_id, delivery.occurred_at, delivery.event.booking);
    // Who pays at the desk needs no link.
    let pays_online = booking.as_ref().is_some_and(|booking| booking.payment_mode == "online");
    let occurred = Occurred::try_from(booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let Some(guest) = occurred.guest().filter(|_| pays_online) else { return Ok(()) };
    mails::order(conn, event_id, guest, &Occasion::PayLink { booking: occurred.facts }, is_current, now).await
}
