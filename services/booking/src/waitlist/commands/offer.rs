//! Offering what has become free.

use jiff::{SignedDuration, Timestamp};
use kernel::{RoomId, WaitlistEntryId};
use store::{Conn, savepoint};

use crate::{
    availability::{Asked, store as availability},
    bookings::{
        BookingError,
        commands::{Booker, NewBooking, OfferedBooking, create_booking_in_tx},
        model::Booking,
        store::find_place,
    },
    interval::Interval,
    local_time::When,
    startup::App,
    waitlist::{
        WaitlistError,
        events::tell_offered,
        model::{Entry, State},
        store::{self as waitlist, Opening},
    },
};

/// Offers what has become free until nothing is left to offer. Each offer is a transaction of its own; two processes
/// take different openings.
pub async fn offer_openings(app: &App) -> Result<(), WaitlistError> {
    loop {
        let handled = app.db.transaction(async |conn| offer_one_in_tx(app, conn).await);
        if handled.await?.is_none() {
            return Ok(());
        }
    }
}

/// One offer out of one opening, or the end of the opening; `None` when there is none.
async fn offer_one_in_tx(app: &App, conn: &mut Conn) -> Result<Option<()>, WaitlistError> {
    let Some(opening) = waitlist::lock_opening(conn).await? else { return Ok(None) };
    if !offer_to_next(app, conn, opening).await? {
        waitlist::delete_opening(conn, opening.id).await?;
    }
    Ok(Some(()))
}

const BATCH: i64 = 50;

/// A booking that ended may have kept others from starting before it and its turnaround from starting after it.
const AROUND: SignedDuration = SignedDuration::from_hours(24);

/// True when somebody has been offered something.
async fn offer_to_next(app: &App, conn: &mut Conn, opening: Opening) -> Result<bool, WaitlistError> {
    let reach = Interval::around(opening.period.start(), opening.period.end(), AROUND);
    let mut after: Option<WaitlistEntryId> = None;
    loop {
        let waiting = waitlist::find_waiting(conn, opening.studio_id, reach, after, BATCH).await?;
        for id in &waiting {
            if offer_to(app, conn, *id).await? {
                return Ok(true);
            }
        }
        match waiting.last() {
            Some(last) if i64::try_from(waiting.len()).is_ok_and(|found| found == BATCH) => after = Some(*last),
            _ => return Ok(false),
        }
    }
}

async fn offer_to(app: &App, conn: &mut Conn, id: WaitlistEntryId) -> Result<bool, WaitlistError> {
    let Some(mut entry) = waitlist::lock_entry(conn, id).await? else { return Ok(false) };
    let now = app.clock.now();
    if entry.state_at(now) != State::Waiting {
        return Ok(false);
    }
    let Some((room_id, slot)) = free_slot(conn, &entry, now).await? else { return Ok(false) };
    let Some(booking) = hold(app, conn, &entry, room_id, slot, now).await? else { return Ok(false) };
    let place = find_place(conn, &booking).await?;
    entry.version += 1;
    entry.offer = Some(booking.clone());
    waitlist::update_entry(conn, &entry, now).await?;
    tell_offered(conn, &entry, &booking, &place, now).await?;
    Ok(true)
}

/// The first slot that fits, in the first room that has one.
pub(super) async fn free_slot(
    conn: &mut Conn,
    entry: &Entry,
    now: Timestamp,
) -> Result<Option<(RoomId, Interval)>, WaitlistError> {
    let room_ids = match entry.room_id {
        Some(room_id) => vec![room_id],
        None => waitlist::rooms_of_studio(conn, entry.studio_id).await?,
    };
    let window = Interval::around(entry.window.start(), entry.window.end(), AROUND);
    for room_id in room_ids {
        let found = availability::find_bookables_and_busy(conn, &[room_id], window, now).await?;
        // A room that cannot be booked any more is nobody's to wait for.
        let Some((rooms, busy)) = found else { continue };
        let slot = rooms.iter().zip(&busy).find_map(|(room, busy)| entry.first_slot(room, busy, now));
        if let Some(slot) = slot {
            return Ok(Some((room_id, slot)));
        }
    }
    Ok(None)
}

/// `None` where somebody was faster: the constraint has decided, or a rule of the room.
async fn hold(
    app: &App,
    conn: &mut Conn,
    entry: &Entry,
    room_id: RoomId,
    slot: Interval,
    now: Timestamp,
) -> Result<Option<Booking>, WaitlistError> {
    let until = (now + SignedDuration::from_mins(app.config.offer_minutes)).min(slot.start());
    let new = NewBooking {
        by: Booker::Offer(OfferedBooking { user_id: entry.customer_id, until }),
        series_id: None,
        room_ids: vec![room_id],
        asked: Asked { starts_at: When::Instant(slot.start()), ends_at: When::Instant(slot.end()) },
        add_ons: None,
        quote_token: None,
        party_size: entry.party_size,
        promotion_code: None,
        note: None,
    };
    match savepoint(conn, async |conn| create_booking_in_tx(app, conn, &new).await).await {
        Ok(booking) => Ok(Some(booking)),
        Err(BookingError::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::debug!(entry = %entry.id, %error, "what became free cannot be offered");
            Ok(None)
        }
    }
}
