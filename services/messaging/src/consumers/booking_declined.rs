//! A request was declined: the customer is told.

use contracts::booking::v1::BookingDeclined;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingDeclined>) -> Result<(), HandlerError> {
    let (event_id, now) = (delivery.event_id, delivery.occurred_at);
    let occurred = Occurred::try_from(delivery.event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let Some(customer) = occurred.customer() else { return Ok(()) };
    let told = Occasion::BookingDeclined { booking: occurred.facts };
    mails::order(conn, event_id, customer, &told, is_current, now).await
}
