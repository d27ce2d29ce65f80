//! Somebody asks for a room: the company has to answer.

use contracts::booking::v1::BookingRequested;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingRequested>) -> Result<(), HandlerError> {
    let (event_id, now) = (delivery.event_id, delivery.occurred_at);
    let occurred = Occurred::try_from(delivery.event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let company = Recipient::Company(occurred.company_id);
    let told = Occasion::CompanyBookingRequested { booking: occurred.facts };
    mails::order(conn, event_id, company, &told, is_current, now).await
}
