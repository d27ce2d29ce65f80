//! A booking was moved: both sides are told.

use contracts::booking::v1::BookingRescheduled;
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use kernel::Money;
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingRescheduled>) -> Result<(), HandlerError> {
    let (event_id, now, event) = (delivery.event_id, delivery.occurred_at, delivery.event);
    let occurred = Occurred::try_from(event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let refund = Money::new(event.refund_amount, occurred.facts.total.currency);
    let by_company = event.rescheduled_by == "company";
    let previous_starts_at =
        Timestamp::from_microsecond(event.previous_starts_at_micros).map_err(HandlerError::rejected)?;
    if let Some(customer) = occurred.customer() {
        let booking = occurred.facts.clone();
        let told = Occasion::BookingRescheduled { booking, previous_starts_at, refund, by_company };
        mails::order(conn, event_id, customer, &told, is_current, now).await?;
    }
    let company = Recipient::Company(occurred.company_id);
    let told = Occasion::CompanyBookingRescheduled { booking: occurred.facts, previous_starts_at, by_company };
    mails::order(conn, event_id, company, &told, is_current, now).await
}
