//! A booking was not paid or answered in time: the customer is told.

use contracts::booking::v1::BookingExpired;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingExpired>) -> Result<(), HandlerError> {
    let (event_id, now) = (delivery.event_id, delivery.occurred_at);
    let occurred = Occurred::try_from(delivery.event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let Some(customer) = occurred.customer() else { return Ok(()) };
    let told = Occasion::BookingExpired { booking: occurred.facts };
    mails::order(conn, event_id, customer, &told, is_current, now).await
}
