//! What a booking needs beside its rooms: a use of its promotion and the time of engineers.

use jiff::Timestamp;
use store::Conn;

use crate::{
    bookings::{BookingError, Refusal, model::Booking},
    engineers, promotions,
};

/// Takes it, or refuses, and then nothing has been taken. The locks of the rooms are held; those of the promotion and
/// of the engineers, in this order, come after them. Whatever makes a booking occupy its slot, or keep it, passes
/// here: a hold that has lapsed may have lost what it had to somebody else before anybody expired it.
pub async fn claim_in_tx(conn: &mut Conn, booking: &Booking, now: Timestamp) -> Result<(), BookingError> {
    promotions::redemptions::confirm_use_in_tx(conn, booking.id, now).await?;
    let claimed = engineers::claims::claim_in_tx(conn, booking.id, booking.interval, now).await?;
    if claimed { Ok(()) } else { Err(Refusal::EngineerTaken.into()) }
}
