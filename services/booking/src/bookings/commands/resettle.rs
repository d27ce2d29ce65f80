//! After a room stands for other rooms than before, its bookings occupy these.

use jiff::Timestamp;
use kernel::RoomId;
use store::Conn;

use super::clear_the_way_in_tx;
use crate::bookings::{BookingError, Refusal, occupancy, store as bookings};

/// Gives every booking that has the room, and is not over, the slots of its footprint as it is now; refused when one of
/// them is taken. The room's lock is held, and where its footprint has grown by rooms that may be booked, theirs, too.
pub async fn resettle_in_tx(conn: &mut Conn, room_id: RoomId, now: Timestamp) -> Result<(), BookingError> {
    for id in bookings::find_occupying(conn, room_id, now).await? {
        let Some(booking) = bookings::lock_booking(conn, id).await? else { continue };
        if !booking.status_at(now).occupies() {
            continue;
        }
        if !clear_the_way_in_tx(conn, &booking, now).await? {
            return Err(Refusal::SlotTaken.into());
        }
        occupancy::occupy(conn, &booking).await?;
    }
    Ok(())
}
