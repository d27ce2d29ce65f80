//! A booking is cancelled: both sides are told, and what is paid back.

use contracts::booking::v1::BookingCancelled;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingCancelled>) -> Result<(), HandlerError> {
    let (event_id, now, event) = (delivery.event_id, delivery.occurred_at, delivery.event);
    let occurred = Occurred::try_from(event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let refund = Money::new(event.refund_amount, occurred.facts.total.currency);
    let by_company = event.cancelled_by == "company";
    if let Some(customer) = occurred.customer() {
        let told = Occasion::BookingCancelled { booking: occurred.facts.clone(), refund, by_company };
        mails::order(conn, event_id, customer, &told, is_current, now).await?;
    }
    let company = Recipient::Company(occurred.company_id);
    let told = Occasion::CompanyBookingCancelled { booking: occurred.facts, refund, by_company };
    mails::order(conn, event_id, company, &told, is_current, now).await
}
