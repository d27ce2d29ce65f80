//! What somebody says to an offer, and leaving.

use jiff::Timestamp;
use kernel::{BookingId, WaitlistEntryId};
use service_kit::Caller;
use store::Conn;

use crate::{
    bookings::{
        commands::{accept_booking_in_tx, cancel_booking_in_tx},
        model::Booking,
    },
    startup::App,
    waitlist::{
        WaitlistError,
        model::{Entry, State},
        store as waitlist,
    },
};

/// The slot is theirs: held as long as any booking of the room for the payment, confirmed at once where nothing is due.
/// Repeating it is safe.
pub async fn accept_offer(
    app: &App,
    caller: &Caller,
    id: WaitlistEntryId,
) -> Result<(Booking, Timestamp), WaitlistError> {
    let accepted = app.db.transaction(async |conn| {
        let entry = own_in_tx(conn, caller, id).await?;
        let now = app.clock.now();
        match (entry.state_at(now), entry.offer.clone()) {
            (State::Accepted | State::Booked, Some(booking)) => Ok((booking, now)),
            _ => accept_in_tx(app, conn, entry, now).await,
        }
    });
    accepted.await
}

async fn accept_in_tx(
    app: &App,
    conn: &mut Conn,
    mut entry: Entry,
    now: Timestamp,
) -> Result<(Booking, Timestamp), WaitlistError> {
    let booking_id = offered(&entry, now)?;
    entry.accepted = true;
    entry.version += 1;
    waitlist::update_entry(conn, &entry, now).await?;
    Ok(accept_booking_in_tx(app, conn, booking_id).await?)
}

/// The next one's turn, at once.
pub async fn decline_offer(app: &App, caller: &Caller, id: WaitlistEntryId) -> Result<Entry, WaitlistError> {
    let declined = app.db.transaction(async |conn| {
        let entry = own_in_tx(conn, caller, id).await?;
        let booking_id = offered(&entry, app.clock.now())?;
        cancel_booking_in_tx(app, conn, caller, booking_id, None).await?;
        Ok::<_, WaitlistError>(())
    });
    declined.await?;
    super::get_entry(app, caller, id).await
}

/// Leaves the queue, and declines what is offered. A booking that was made of an offer stays.
pub async fn leave(app: &App, caller: &Caller, id: WaitlistEntryId) -> Result<(), WaitlistError> {
    let left = app.db.transaction(async |conn| {
        let mut entry = own_in_tx(conn, caller, id).await?;
        let now = app.clock.now();
        match entry.state_at(now) {
            State::Waiting | State::Over => {
                entry.left = true;
                entry.version += 1;
                waitlist::update_entry(conn, &entry, now).await?;
            }
            State::Offered => {
                if let Some(booking) = &entry.offer {
                    cancel_booking_in_tx(app, conn, caller, booking.id, None).await?;
                }
            }
            State::Accepted | State::Booked | State::Declined | State::Lapsed | State::Left => {}
        }
        Ok::<_, WaitlistError>(())
    });
    left.await
}

async fn own_in_tx(conn: &mut Conn, caller: &Caller, id: WaitlistEntryId) -> Result<Entry, WaitlistError> {
    let entry = waitlist::lock_entry(conn, id).await?;
    entry.filter(|entry| entry.customer_id == caller.user_id()).ok_or(WaitlistError::NotFound)
}

/// The hold that is offered at an instant.
fn offered(entry: &Entry, now: Timestamp) -> Result<BookingId, WaitlistError> {
    let state = entry.state_at(now);
    match (&entry.offer, state) {
        (Some(booking), State::Offered) => Ok(booking.id),
        (Some(_), State::Lapsed | State::Declined) => Err(WaitlistError::OfferEnded),
        _ => Err(WaitlistError::NothingOffered(state)),
    }
}
