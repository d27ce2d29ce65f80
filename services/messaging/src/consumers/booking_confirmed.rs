//! A booking is confirmed: both sides are told.

use contracts::booking::v1::BookingConfirmed;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingConfirmed>) -> Result<(), HandlerError> {
    let (event_id, now) = (delivery.event_id, delivery.occurred_at);
    let occurred = Occurred::try_from(delivery.event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let customer = occurred.customer();
    let Occurred { facts, company_id, .. } = occurred;
    if let Some(customer) = customer {
        let told = Occasion::BookingConfirmed { booking: facts.clone() };
        mails::order(conn, event_id, customer, &told, is_current, now).await?;
    }
    let company = Recipient::Company(company_id);
    let told = Occasion::CompanyBookingConfirmed { booking: facts };
    mails::order(conn, event_id, company, &told, is_current, now).await
}
