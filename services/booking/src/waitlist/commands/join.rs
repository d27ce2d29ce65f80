//! Joining a queue.

use jiff::{SignedDuration, Timestamp};
use kernel::{RoomId, StudioId, UserId, WaitlistEntryId};
use store::Conn;

use super::offer::free_slot;
use crate::{
    availability::{Asked, store as availability},
    interval::Interval,
    rooms::model::BookingMode,
    startup::App,
    waitlist::{
        WaitlistError,
        model::Entry,
        store::{self as waitlist, count_waiting},
    },
};

/// What somebody waits for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted {
    Room(RoomId),
    /// Any room of a studio.
    Studio(StudioId),
}

#[derive(Debug, Clone, Copy)]
pub struct NewEntry {
    pub wanted: Wanted,
    pub window: Asked,
    pub minutes: i32,
    pub party_size: Option<i32>,
}

/// More queues than anybody stands in.
const MOST_ENTRIES: i64 = 20;

const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(24 * 31);

/// Refused while a slot is free: there is nothing to wait for.
pub async fn join(app: &App, customer_id: UserId, new: NewEntry) -> Result<Entry, WaitlistError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let entry = prepare(&mut conn, customer_id, new, now).await?;
    if count_waiting(&mut conn, customer_id, now).await? >= MOST_ENTRIES {
        return Err(WaitlistError::TooMany);
    }
    if let Some((_, slot)) = free_slot(&mut conn, &entry, now).await? {
        return Err(WaitlistError::AlreadyFree { starts_at: slot.start(), ends_at: slot.end() });
    }
    waitlist::insert_entry(&mut conn, &entry).await?;
    Ok(entry)
}

async fn prepare(conn: &mut Conn, customer_id: UserId, new: NewEntry, now: Timestamp) -> Result<Entry, WaitlistError> {
    let (studio_id, room_ids) = match new.wanted {
        Wanted::Room(room_id) => {
            let found = waitlist::find_studio_of_room(conn, room_id).await?;
            (found.ok_or(WaitlistError::NotFound)?.1, vec![room_id])
        }
        Wanted::Studio(studio_id) => (studio_id, waitlist::rooms_of_studio(conn, studio_id).await?),
    };
    let company_id = waitlist::find_company_of_studio(conn, studio_id).await?.ok_or(WaitlistError::NotFound)?;
    let mut rooms = Vec::with_capacity(room_ids.len());
    for room_id in room_ids {
        rooms.extend(availability::find_bookables(conn, &[room_id]).await?.unwrap_or_default());
    }
    let first = rooms.first().ok_or(WaitlistError::NotFound)?;
    if rooms.iter().all(|room| room.calendar.room.settings.booking_mode == BookingMode::Request) {
        return Err(WaitlistError::OnRequest);
    }
    let window = new.window.interval(&first.calendar.zone)?;
    let room_id = if let Wanted::Room(room_id) = new.wanted { Some(room_id) } else { None };
    let entry = Entry {
        id: WaitlistEntryId::new(),
        version: 1,
        company_id,
        studio_id,
        room_id,
        customer_id,
        window,
        minutes: new.minutes,
        party_size: new.party_size,
        left: false,
        accepted: false,
        offer: None,
        created_at: now,
    };
    if is_sensible(&entry, window, now) { Ok(entry) } else { Err(WaitlistError::BadWindow) }
}

fn is_sensible(entry: &Entry, window: Interval, now: Timestamp) -> bool {
    entry.latest_start() > now
        && entry.latest_start() >= window.start()
        && window.start().duration_until(window.end()) <= LONGEST_WINDOW
}
