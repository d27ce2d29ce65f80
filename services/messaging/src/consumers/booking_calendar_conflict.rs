//! An imported calendar is busy while a room is booked: the company is told. The booking stays.

use contracts::booking::v1::BookingCalendarConflict;
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use store::Conn;

use crate::{
    bookings::{self, Occurred},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<BookingCalendarConflict>) -> Result<(), HandlerError> {
    let (event_id, now, event) = (delivery.event_id, delivery.occurred_at, delivery.event);
    let occurred = Occurred::try_from(event.booking)?;
    let is_current = bookings::remember(conn, &occurred).await?;
    let instant = |micros| Timestamp::from_microsecond(micros).map_err(HandlerError::rejected);
    let told = Occasion::CompanyCalendarConflict {
        booking: occurred.facts,
        calendar: event.calendar_name,
        busy_starts_at: instant(event.busy_starts_at_micros)?,
        busy_ends_at: instant(event.busy_ends_at_micros)?,
    };
    mails::order(conn, event_id, Recipient::Company(occurred.company_id), &told, is_current, now).await
}
