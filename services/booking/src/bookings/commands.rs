//! What is done with bookings. Every change follows one path: lock the rooms, take `now`, lock the booking, decide,
//! move the slot, save, tell.

mod answer;
mod attend;
mod cancel;
mod claims;
mod conflict;
mod create;
mod desk;
mod links;
mod payments;
mod read;
mod remind;
mod reschedule;
mod resettle;
mod sweep;
mod wishes;

pub use answer::{accept_booking_in_tx, confirm_booking, decline_booking};
pub use attend::{charge_overtime, check_in, mark_no_show};
pub use cancel::{cancel_booking, cancel_booking_in_tx, cancel_for_company, quote_cancellation};
pub use conflict::tell_calendar_conflicts_in_tx;
pub use create::{
    Booker, NewBooking, OfferedBooking, StaffBooking, create_booking, create_booking_in_tx, staff_of_rooms,
};
pub use desk::{DeskEntry, record_desk_payment, record_desk_refund};
pub use links::{Linked, claim_booking, create_link, follow_link, get_state_of_link, mint_link};
pub use payments::{RefundHeard, receive_payment_in_tx, receive_refund_in_tx};
pub use read::{filter_bookings, get_booking, get_state_for_service, list_history, list_mine};
pub use remind::remind;
pub use reschedule::{Reschedule, quote_reschedule, reschedule_booking, reschedule_booking_in_tx};
pub use resettle::resettle_in_tx;
pub use sweep::sweep;

use jiff::Timestamp;
use kernel::{BookingId, RoomId};
use service_kit::Caller;
use store::Conn;

use self::claims::{claim_in_tx, keep_in_tx};
use super::{
    BookingError, Refusal,
    events::{Place, Telling},
    model::{Booking, Change, Command, Slot, Status, decide},
    occupancy::{self, Obstacle},
    store::{self as bookings, Access},
};
use crate::{rooms::store::lock_rooms, startup::App};

/// A booking under its locks, at the instant that was taken after them.
#[derive(Debug)]
struct Locked {
    booking: Booking,
    place: Place,
    now: Timestamp,
}

async fn lock_in_tx(app: &App, conn: &mut Conn, id: BookingId) -> Result<Locked, BookingError> {
    lock_with_rooms_in_tx(app, conn, id, &[]).await
}

/// Locks a booking with its rooms, and others that it is to move to.
async fn lock_with_rooms_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
    others: &[RoomId],
) -> Result<Locked, BookingError> {
    let mut rooms = bookings::find_rooms_of(conn, id).await?.ok_or(BookingError::NotFound)?;
    loop {
        rooms.extend_from_slice(others);
        lock_rooms(conn, &rooms).await?;
        let now = app.clock.now();
        let booking = bookings::lock_booking(conn, id).await?.ok_or(BookingError::NotFound)?;
        // Somebody may have moved it to other rooms before the locks were had; then these are locked as well.
        let of_booking = booking.room_ids();
        if of_booking.iter().all(|room_id| rooms.contains(room_id)) {
            let place = bookings::find_place(conn, &booking).await?;
            return Ok(Locked { booking, place, now });
        }
        rooms = of_booking;
    }
}

/// What staff of the company command. The booking after it, and the instant that was decided by.
async fn obey_staff(
    app: &App,
    caller: &Caller,
    id: BookingId,
    command: &Command,
) -> Result<(Booking, Timestamp), BookingError> {
    let access = Access::of_staff(caller);
    let obeyed = app.db.transaction(async |conn| {
        bookings::find_booking(conn, id, &access).await?.ok_or(BookingError::NotFound)?;
        obey_in_tx(app, conn, id, command).await
    });
    obeyed.await
}

/// Who may has been judged by whoever calls. Nothing happens where the booking is what the command makes of it.
async fn obey_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
    command: &Command,
) -> Result<(Booking, Timestamp), BookingError> {
    let mut locked = lock_in_tx(app, conn, id).await?;
    if let Some(change) = decide(&locked.booking, command, locked.now)? {
        carry_out_in_tx(conn, &mut locked, &change).await?;
    }
    Ok((locked.booking, locked.now))
}

/// Carries a decided change out: the slots, the row, the event.
async fn carry_out_in_tx(conn: &mut Conn, locked: &mut Locked, change: &Change) -> Result<(), BookingError> {
    let Locked { booking, place, now } = locked;
    let mut after = booking.clone();
    after.apply(change);
    if change.slot == Slot::Take {
        if !clear_the_way_in_tx(conn, &after, *now).await? {
            return Err(Refusal::SlotTaken.into());
        }
        occupancy::occupy(conn, &after).await?;
        // It may have other rooms from now on.
        *place = bookings::find_place(conn, &after).await?;
        claim_in_tx(conn, &after, *now).await?;
    } else if booking.status == Status::Held && after.status == Status::Confirmed {
        keep_in_tx(conn, booking, *now).await?;
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

/// True when the booking's slots are free. Holds whose time is over do not stand in the way: they are expired here, in
/// full, so that nobody has to wait for a sweeper. The rooms are locked.
async fn clear_the_way_in_tx(conn: &mut Conn, booking: &Booking, now: Timestamp) -> Result<bool, BookingError> {
    let obstacles = occupancy::obstacles(conn, booking, now).await?;
    if obstacles.contains(&Obstacle::Occupied) {
        return Ok(false);
    }
    for obstacle in obstacles {
        let Obstacle::LapsedHold(id) = obstacle else { continue };
        let Some(mut lapsed) = bookings::lock_booking(conn, id).await? else { continue };
        if let Some(change) = decide(&lapsed, &Command::Expire, now)? {
            let place = bookings::find_place(conn, &lapsed).await?;
            save_in_tx(conn, &mut lapsed, &place, &change, now).await?;
        }
    }
    Ok(true)
}
