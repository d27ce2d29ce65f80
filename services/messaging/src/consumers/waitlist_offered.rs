//! A slot is held for somebody who has waited for it: they are told until when.

use contracts::booking::v1::WaitlistOffered;
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use store::Conn;

use crate::{
    bookings::{self, Occurred, UnreadableBooking},
    mails::{self, Occasion},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<WaitlistOffered>) -> Result<(), HandlerError> {
    let (event_id, now, event) = (delivery.event_id, delivery.occurred_at, delivery.event);
    let until = Timestamp::from_microsecond(event.offer_ends_at_micros)
        .map_err(|_| UnreadableBooking::Field("offer_ends_at"))?;
    let occurred = Occurred::try_from(event.booking)?;
    // An offer that has been answered, or has ended, by the time it is heard of is no news any more.
    let is_current = bookings::remember(conn, &occurred).await?;
    let Some(customer) = occurred.customer() else { return Ok(()) };
    let told = Occasion::WaitlistOffered { booking: occurred.facts, until };
    mails::order(conn, event_id, customer, &told, is_current, now).await
}
