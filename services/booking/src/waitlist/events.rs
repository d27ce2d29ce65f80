//! What the others are told of the waitlist.

use contracts::booking::v1::WaitlistOffered;
use events::outbox::{self, Change};
use jiff::Timestamp;
use store::{Conn, Error};

use super::model::Entry;
use crate::bookings::{
    events::{Place, state},
    model::Booking,
};

/// A slot is held for somebody who waited.
pub async fn tell_offered(
    conn: &mut Conn,
    entry: &Entry,
    booking: &Booking,
    place: &Place,
    now: Timestamp,
) -> Result<(), Error> {
    let change = Change {
        aggregate_type: "waitlist_entry",
        aggregate_id: entry.id.uuid(),
        version: entry.version,
        ordinal: 0,
        tenant: Some(entry.company_id.uuid()),
        occurred_at: now,
    };
    let event = WaitlistOffered {
        entry_id: entry.id.to_string(),
        booking: Some(state(booking, place, booking.status)),
        offer_ends_at_micros: booking.hold_expires_at.map_or(0, Timestamp::as_microsecond),
    };
    outbox::enqueue(conn, change, &event).await?;
    Ok(())
}
