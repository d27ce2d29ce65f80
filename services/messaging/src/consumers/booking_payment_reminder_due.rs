//! Something is due on a booking: the customer is reminded.

use contracts::booking::v1::BookingPaymentReminderDue;
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use kernel::Money;
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingPaymentReminderDue>) -> Result<(), HandlerError> {
    let (event_id, now, event) = (delivery.event_id, delivery.occurred_at, delivery.event);
    let occurred = Occurred::try_from(event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let due = Money::new(event.amount_due, occurred.facts.total.currency);
    let until = Timestamp::from_microsecond(event.due_until_micros).map_err(HandlerError::rejected)?;
    let Some(customer) = occurred.customer() else { return Ok(()) };
    let told = Occasion::PaymentReminder { booking: occurred.facts, due, until, is_hold: event.is_hold };
    mails::order(conn, event_id, customer, &told, is_current, now).await
}
