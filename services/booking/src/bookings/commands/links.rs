//! Links of what is held. Whoever has one may pay without an account, and may take over, with an account, what staff
//! hold for a guest. A link works as long as the hold, and until it was used: the booking is somebody's, or is paid.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use contracts::booking::v1::BookingState;
use jiff::Timestamp;
use kernel::{BookingId, Money, UserId};
use service_kit::Caller;
use sha2::{Digest, Sha256};
use store::Conn;

use super::{Locked, lock_in_tx};
use crate::{
    bookings::{
        BookingError, Refusal,
        events::{self, Place, Telling},
        model::{Booking, Customer, Fact, Status},
        store::{self as bookings, Access, Link},
    },
    startup::App,
};

/// A new link. Nothing but its hash stays here.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub token: String,
    pub expires_at: Timestamp,
    /// What whoever follows it is asked for.
    pub amount_due: Money,
}

/// What a link is about.
#[derive(Debug, Clone)]
pub struct Linked {
    pub booking: Booking,
    pub place: Place,
    pub expires_at: Timestamp,
}

/// Logs leave out what begins so in a path.
const TOKEN_PREFIX: &str = "rtl_";

fn hash(token: &str) -> Vec<u8> {
    Sha256::new().chain_update(b"roomtone booking link v1\0").chain_update(token).finalize().to_vec()
}

/// For the company's staff, and for the customer, who may have somebody else pay.
pub async fn create_link(app: &App, caller: &Caller, id: BookingId) -> Result<NewLink, BookingError> {
    let access = Access::of(caller);
    let created = app.db.transaction(async |conn| {
        bookings::find_booking(conn, id, &access).await?.ok_or(BookingError::NotFound)?;
        create_in_tx(app, conn, id, Some(caller.user_id())).await
    });
    created.await
}

/// For a mail to whoever the booking was made for.
pub async fn mint_link(app: &App, id: BookingId) -> Result<NewLink, BookingError> {
    app.db.transaction(async |conn| create_in_tx(app, conn, id, None).await).await
}

async fn create_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
    created_by: Option<UserId>,
) -> Result<NewLink, BookingError> {
    let Locked { booking, now, .. } = lock_in_tx(app, conn, id).await?;
    let expires_at = held_until(&booking, now)?;
    let token = format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    bookings::insert_link(conn, &hash(&token), id, created_by, expires_at, now).await?;
    Ok(NewLink { token, expires_at, amount_due: booking.asked_for() })
}

fn held_until(booking: &Booking, now: Timestamp) -> Result<Timestamp, Refusal> {
    match (booking.status_at(now), booking.hold_expires_at) {
        (Status::Held, Some(until)) => Ok(until),
        (Status::Expired, _) => Err(Refusal::HoldExpired),
        (status, _) => Err(Refusal::WrongStatus(status)),
    }
}

/// Whether a link still works.
fn check(link: &Link, booking: &Booking, now: Timestamp) -> Result<(), Refusal> {
    match booking.status_at(now) {
        _ if link.used_at.is_some() => Err(Refusal::LinkUsed),
        Status::Held if now < link.expires_at => Ok(()),
        Status::Held | Status::Expired => Err(Refusal::HoldExpired),
        // It was paid, by this link or otherwise.
        Status::Confirmed | Status::Completed | Status::NoShow => Err(Refusal::LinkUsed),
        Status::Requested | Status::Declined | Status::Cancelled => Err(Refusal::LinkVoid),
    }
}

/// What somebody who has the link may know.
pub async fn follow_link(app: &App, token: &str) -> Result<Linked, BookingError> {
    let mut conn = app.db.conn().await?;
    let (link, booking) = find(&mut conn, token).await?;
    let now = app.clock.now();
    check(&link, &booking, now)?;
    let place = bookings::find_place(&mut conn, &booking).await?;
    Ok(Linked { booking, place, expires_at: link.expires_at })
}

/// For billing, which takes the money: the booking's state, and why the link does not work, where it does not.
pub async fn get_state_of_link(app: &App, token: &str) -> Result<(BookingState, Result<(), Refusal>), BookingError> {
    let mut conn = app.db.conn().await?;
    let (link, booking) = find(&mut conn, token).await?;
    let now = app.clock.now();
    let place = bookings::find_place(&mut conn, &booking).await?;
    Ok((events::state(&booking, &place, booking.status_at(now)), check(&link, &booking, now)))
}

async fn find(conn: &mut Conn, token: &str) -> Result<(Link, Booking), BookingError> {
    let token_hash = hash(token);
    let id = bookings::find_booking_of_link(conn, &token_hash).await?.ok_or(BookingError::NotFound)?;
    let link = bookings::find_link(conn, &token_hash).await?.ok_or(BookingError::NotFound)?;
    let booking = bookings::find_booking_for_service(conn, id).await?.ok_or(BookingError::NotFound)?;
    Ok((link, booking))
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
    if link.used_by == Some(user_id) && locked.booking.customer_id() == Some(user_id) {
        return Ok((locked.booking, now));
    }
    check(&link, &locked.booking, now)?;
    if let Customer::Account(_) = locked.booking.customer {
        return Err(Refusal::HasAccount.into());
    }
    bookings::use_link(conn, token_hash, user_id, now).await?;
    locked.booking.customer = Customer::Account(user_id);
    locked.booking.version += 1;
    bookings::update_booking(conn, &locked.booking, before, now).await?;
    let telling = Telling { booking: &locked.booking, place: &locked.place, ordinal: 0, now };
    // It can be paid by somebody else from now on.
    telling.fact(conn, &Fact::Held).await?;
    Ok((locked.booking, now))
}
