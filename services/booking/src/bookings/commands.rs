//! What is done with bookings. Every change follows one path: lock the room, take `now`, lock the booking, decide,
//! move the slot, save, tell.

mod answer;
mod cancel;
mod create;
mod payments;
mod read;
mod sweep;

pub use answer::{confirm_booking, decline_booking};
pub use cancel::{cancel_booking, cancel_for_company, quote_cancellation};
pub use create::{NewBooking, create_booking};
pub use payments::{RefundHeard, receive_payment_in_tx, receive_refund_in_tx};
pub use read::{filter_bookings, get_booking, get_state_for_service, list_history, list_mine, list_of_customer};
pub use sweep::sweep;

use jiff::Timestamp;
use kernel::BookingId;
use store::Conn;

use super::{
    BookingError, Refusal,
    events::{Place, Telling},
    model::{Booking, Change, Command, Slot, decide},
    occupancy::{self, Obstacle},
    store as bookings,
};
use crate::{rooms::store::lock_room, startup::App};

/// A booking under its locks, at the instant that was taken after them.
#[derive(Debug)]
struct Locked {
    booking: Booking,
    place: Place,
    now: Timestamp,
}

async fn lock_in_tx(app: &App, conn: &mut Conn, id: BookingId) -> Result<Locked, BookingError> {
    let room_id = bookings::find_room_of(conn, id).await?.ok_or(BookingError::NotFound)?;
    lock_room(conn, room_id).await?;
    let now = app.clock.now();
    let booking = bookings::lock_booking(conn, id).await?.ok_or(BookingError::NotFound)?;
    let place = bookings::find_place(conn, room_id).await?;
    Ok(Locked { booking, place, now })
}

/// Carries a decided change out: the slot, the row, the event.
async fn carry_out_in_tx(conn: &mut Conn, locked: &mut Locked, change: &Change) -> Result<(), BookingError> {
    let Locked { booking, place, now } = locked;
    if change.slot == Slot::Take {
        if !clear_the_way_in_tx(conn, booking, place, *now).await? {
            return Err(Refusal::SlotTaken.into());
        }
        occupancy::occupy(conn, booking).await?;
    }
    save_in_tx(conn, booking, place, change, *now).await
}

/// Everything of a change but the taking of a slot.
async fn save_in_tx(
    conn: &mut Conn,
    booking: &mut Booking,
    place: &Place,
    change: &Change,
    now: Timestamp,
) -> Result<(), BookingError> {
    if change.slot == Slot::Release {
        occupancy::release(conn, booking.id).await?;
    }
    let before = booking.version;
    booking.apply(change);
    bookings::update_booking(conn, booking, before, now).await?;
    Telling { booking, place, ordinal: 0, now }.fact(conn, &change.fact).await?;
    Ok(())
}

/// True when the booking's slot is free. Holds whose time is over do not stand in the way: they are expired here, in
/// full, so that nobody has to wait for a sweeper. The room is locked.
async fn clear_the_way_in_tx(
    conn: &mut Conn,
    booking: &Booking,
    place: &Place,
    now: Timestamp,
) -> Result<bool, BookingError> {
    let obstacles = occupancy::obstacles(conn, booking.room_id, booking.occupied(), booking.id, now).await?;
    if obstacles.contains(&Obstacle::Occupied) {
        return Ok(false);
    }
    for obstacle in obstacles {
        let Obstacle::LapsedHold(id) = obstacle else { continue };
        let Some(mut lapsed) = bookings::lock_booking(conn, id).await? else { continue };
        if let Some(change) = decide(&lapsed, &Command::Expire, now)? {
            save_in_tx(conn, &mut lapsed, place, &change, now).await?;
        }
    }
    Ok(true)
}
