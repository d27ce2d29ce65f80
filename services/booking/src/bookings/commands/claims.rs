//! What a booking needs beside its rooms: things of which there are only so many, a use of its promotion, and the time of
//! engineers.

use jiff::Timestamp;
use store::Conn;

use crate::{
    availability::stock,
    bookings::{BookingError, Refusal, model::Booking},
    engineers, promotions,
};

/// Takes it, or refuses, and then nothing has been taken. The locks of the rooms are held; those of the stock, of the
/// promotion and of the engineers, in this order, come after them. Whatever makes a booking occupy its slot passes here,
/// also a payment for a hold that has lapsed: it may have lost what it had to somebody else before anybody expired it.
pub async fn claim_in_tx(conn: &mut Conn, booking: &Booking, now: Timestamp) -> Result<(), BookingError> {
    claim(conn, booking, None, now).await
}

/// The same for a hold that becomes more than a hold in time. What it has it keeps, whatever price list and promotion say
/// by now; but for whoever looks at a later instant it has lapsed already, and may have lost it: nothing else is asked, and
/// that under the same locks.
pub async fn keep_in_tx(conn: &mut Conn, booking: &Booking, now: Timestamp) -> Result<(), BookingError> {
    claim(conn, booking, booking.hold_expires_at, now).await
}

async fn claim(
    conn: &mut Conn,
    booking: &Booking,
    kept_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), BookingError> {
    let (id, interval) = (booking.id, booking.interval);
    if !stock::claim_in_tx(conn, id, interval, kept_until, now).await? {
        return Err(Refusal::OutOfStock.into());
    }
    promotions::redemptions::confirm_use_in_tx(conn, id, kept_until, now).await?;
    let claimed = engineers::claims::claim_in_tx(conn, id, interval, now).await?;
    if claimed { Ok(()) } else { Err(Refusal::EngineerTaken.into()) }
}
