//! Imported calendars that are busy while a room is booked: told, and nothing else.

use jiff::Timestamp;
use store::Conn;

use crate::bookings::{
    BookingError,
    events::{CalendarConflict, Telling},
    store as bookings,
};

/// Tells of conflicts, which are in the order of their bookings. The locks of the rooms are held.
pub async fn tell_calendar_conflicts_in_tx(
    conn: &mut Conn,
    conflicts: &[CalendarConflict],
    now: Timestamp,
) -> Result<(), BookingError> {
    for of_booking in conflicts.chunk_by(|one, next| one.booking_id == next.booking_id) {
        let Some(first) = of_booking.first() else { continue };
        let Some(mut booking) = bookings::lock_booking(conn, first.booking_id).await? else { continue };
        let place = bookings::find_place(conn, &booking).await?;
        let before = booking.version;
        // Nothing of the booking changes; the version gives the events their place among the others.
        booking.version += 1;
        bookings::update_booking(conn, &booking, before, now).await?;
        for (ordinal, conflict) in (0..).zip(of_booking) {
            Telling { booking: &booking, place: &place, ordinal, now }.calendar_conflict(conn, conflict).await?;
        }
    }
    Ok(())
}
