//! Links with which somebody takes over what staff hold for them, to pay it with an account of their own. Each works
//! once, and as long as the hold.

use jiff::Timestamp;
use kernel::{BookingId, UserId};
use service_kit::Caller;
use sha2::{Digest, Sha256};
use store::Conn;

use super::lock_in_tx;
use crate::{
    bookings::{
        BookingError, Refusal,
        events::Telling,
        model::{Booking, Customer, Fact, Status},
        store::{self as bookings, Access},
    },
    startup::App,
};

fn hash(token: &str) -> Vec<u8> {
    Sha256::new().chain_update(b"roomtone booking link v1\0").chain_update(token).finalize().to_vec()
}

/// Keeps the token's hash; answers until when it works.
pub async fn create_link(app: &App, caller: &Caller, id: BookingId, token: &str) -> Result<Timestamp, BookingError> {
    let access = Access::of_staff(caller);
    let created = app.db.transaction(async |conn| {
        bookings::find_booking(conn, id, &access).await?.ok_or(BookingError::NotFound)?;
        let locked = lock_in_tx(app, conn, id).await?;
        let until = claimable_until(&locked.booking, locked.now)?;
        bookings::insert_link(conn, &hash(token), id, caller.user_id(), until, locked.now).await?;
        Ok::<_, BookingError>(until)
    });
    created.await
}

/// What staff hold for a guest can be taken over while it is held.
fn claimable_until(booking: &Booking, now: Timestamp) -> Result<Timestamp, Refusal> {
    let status = booking.status_at(now);
    match (status, &booking.customer, booking.hold_expires_at) {
        (Status::Held, Customer::Guest(_), Some(until)) => Ok(until),
        (Status::Expired, ..) => Err(Refusal::HoldExpired),
        (_, Customer::Account(_), _) => Err(Refusal::HasAccount),
        _ => Err(Refusal::WrongStatus(status)),
    }
}

/// The booking is the caller's from now on. Using the link again is harmless for whoever has used it.
pub async fn claim_booking(app: &App, caller: &Caller, token: &str) -> Result<(Booking, Timestamp), BookingError> {
    let token_hash = hash(token);
    let claimed = app.db.transaction(async |conn| claim_in_tx(app, conn, caller.user_id(), &token_hash).await);
    claimed.await
}

async fn claim_in_tx(
    app: &App,
    conn: &mut Conn,
    user_id: UserId,
    token_hash: &[u8],
) -> Result<(Booking, Timestamp), BookingError> {
    let id = bookings::find_booking_of_link(conn, token_hash).await?.ok_or(BookingError::NotFound)?;
    let mut locked = lock_in_tx(app, conn, id).await?;
    let (now, before) = (locked.now, locked.booking.version);
    // The booking's lock guards its links.
    let link = bookings::find_link(conn, token_hash).await?.ok_or(BookingError::NotFound)?;
    if link.used_at.is_some() {
        let is_theirs = link.used_by == Some(user_id) && locked.booking.customer_id() == Some(user_id);
        return if is_theirs { Ok((locked.booking, now)) } else { Err(Refusal::LinkUsed.into()) };
    }
    if link.expires_at <= now {
        return Err(Refusal::HoldExpired.into());
    }
    claimable_until(&locked.booking, now)?;
    bookings::use_link(conn, token_hash, user_id, now).await?;
    locked.booking.customer = Customer::Account(user_id);
    locked.booking.version += 1;
    bookings::update_booking(conn, &locked.booking, before, now).await?;
    let telling = Telling { booking: &locked.booking, place: &locked.place, ordinal: 0, now };
    // It can be paid by somebody else from now on.
    telling.fact(conn, &Fact::Held).await?;
    Ok((locked.booking, now))
}
