//! Showing calendars, and reading them.

use jiff::{SignedDuration, Timestamp};
use kernel::{CalendarId, RoomId};
use service_kit::Caller;
use sha2::{Digest, Sha256};
use store::Conn;

use super::{
    CalendarError,
    busy::{self, Unreadable},
    fetch::{FetchError, Reach, fetch},
    model::{self, Feed, FeedOf, Import},
    store as calendars,
};
use crate::{
    bookings::{BookingError, commands::tell_calendar_conflicts_in_tx, events::CalendarConflict},
    interval::Interval,
    local_time::stored_zone,
    rooms::store::lock_rooms,
    startup::App,
};

/// More calendars than any room has.
const MAX_IMPORTS: i64 = 20;

/// A feed shows what ended so long ago, or later.
const SHOWN_SINCE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A calendar is read so far ahead: farther than any room can be booked.
const READ_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 1101);

fn hash(token: &str) -> Vec<u8> {
    Sha256::new().chain_update(b"roomtone calendar v1\0").chain_update(token).finalize().to_vec()
}

/// The feed, and the token that is told this once. The caller may see what it shows.
pub async fn create_feed(app: &App, caller: &Caller, of: FeedOf, token: &str) -> Result<Feed, CalendarError> {
    let feed = Feed { id: CalendarId::new(), of, created_at: app.clock.now() };
    calendars::insert_feed(&mut *app.db.conn().await?, &feed, &hash(token), caller.user_id()).await?;
    Ok(feed)
}

pub async fn list_feeds(
    app: &App,
    caller: &Caller,
    after: Option<CalendarId>,
    limit: i64,
) -> Result<Vec<Feed>, CalendarError> {
    Ok(calendars::list_feeds(&mut *app.db.conn().await?, caller.user_id(), after, limit).await?)
}

/// From now on its token shows nothing.
pub async fn delete_feed(app: &App, caller: &Caller, id: CalendarId) -> Result<(), CalendarError> {
    let is_deleted = calendars::delete_feed(&mut *app.db.conn().await?, id, caller.user_id()).await?;
    if is_deleted { Ok(()) } else { Err(CalendarError::NotFound) }
}

/// The text of the calendar that a token shows.
pub async fn show_feed(app: &App, token: &str) -> Result<String, CalendarError> {
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let feed = calendars::find_feed_by_token(&mut conn, &hash(token)).await?.ok_or(CalendarError::NotFound)?;
    let name = calendars::find_name(&mut conn, feed.of).await?.ok_or(CalendarError::NotFound)?;
    let shown = calendars::find_shown(&mut conn, feed.of, now - SHOWN_SINCE).await?;
    Ok(model::write(&name, feed.of, &shown, now))
}

pub async fn create_import(app: &App, caller: &Caller, import: &Import) -> Result<(), CalendarError> {
    let created = app.db.transaction(async |conn| {
        lock_rooms(conn, &[import.room_id]).await?;
        if calendars::count_imports(conn, import.room_id).await? >= MAX_IMPORTS {
            return Err(CalendarError::TooMany);
        }
        Ok(calendars::insert_import(conn, import, caller.user_id()).await?)
    });
    created.await
}

pub async fn list_imports(app: &App, room_id: RoomId) -> Result<Vec<Import>, CalendarError> {
    Ok(calendars::list_imports(&mut *app.db.conn().await?, room_id).await?)
}

/// What it occupied is free again.
pub async fn delete_import(app: &App, room_id: RoomId, id: CalendarId) -> Result<(), CalendarError> {
    let is_deleted = calendars::delete_import(&mut *app.db.conn().await?, room_id, id).await?;
    if is_deleted { Ok(()) } else { Err(CalendarError::NotFound) }
}

pub fn reach(app: &App) -> Reach {
    if app.config.private_calendars { Reach::Anywhere } else { Reach::Public }
}

/// Reads every calendar that is due. One that cannot be read keeps the others from nothing.
pub async fn import_due(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = calendars::claim_due(&mut *app.db.conn().await?, now).await?;
        let Some(import) = claimed else { return Ok(()) };
        if let Err(error) = read(app, &import).await {
            if let Some(store) = error.store() {
                return Err(anyhow::anyhow!("{store}"));
            }
            tracing::info!(import = %import.id, %error, "a calendar cannot be read");
            let (mut conn, now) = (app.db.conn().await?, app.clock.now());
            calendars::record_failure(&mut conn, &import, &error.to_string(), now).await?;
        }
    }
}

/// Why what a calendar says could not be taken over; nothing of it was.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Booking(#[from] BookingError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl ReadError {
    /// The database's failures are not the calendar's.
    fn store(&self) -> Option<&store::Error> {
        match self {
            Self::Store(error) | Self::Booking(BookingError::Store(error)) => Some(error),
            _ => None,
        }
    }
}

async fn read(app: &App, import: &Import) -> Result<(), ReadError> {
    let zone = calendars::find_zone_of(&mut *app.db.conn().await?, import.room_id).await?;
    let zone = stored_zone(&zone.unwrap_or_default());
    let url = import.url.parse().map_err(|_| FetchError::Forbidden)?;
    let text = fetch(&url, reach(app)).await?;
    let now = app.clock.now();
    let Some(window) = Interval::new(now, now + READ_AHEAD) else { return Ok(()) };
    let busy = busy::read(&text, &zone, window)?;
    let taken = app.db.transaction(async |conn| take_over_in_tx(app, conn, import, &busy).await);
    taken.await
}

/// The room's locks come before the import's, as where both are deleted.
async fn take_over_in_tx(app: &App, conn: &mut Conn, claimed: &Import, busy: &[Interval]) -> Result<(), ReadError> {
    let id = claimed.id;
    lock_rooms(conn, &[claimed.room_id]).await?;
    // Deleted while it was read.
    let Some(import) = calendars::lock_import(conn, id).await? else { return Ok(()) };
    let now = app.clock.now();
    calendars::replace_busy(conn, &import, busy).await?;
    calendars::record_success(conn, id, now).await?;
    let found = calendars::find_new_conflicts(conn, &import, busy, now).await?;
    if found.is_empty() {
        return Ok(());
    }
    calendars::record_conflicts(conn, id, &found, now).await?;
    let told: Vec<CalendarConflict> = found
        .iter()
        .map(|conflict| CalendarConflict {
            booking_id: conflict.booking_id,
            room_id: import.room_id,
            calendar_id: id,
            calendar_name: import.name.clone(),
            busy_starts_at: conflict.busy_starts_at.to_jiff(),
            busy_ends_at: conflict.busy_ends_at.to_jiff(),
        })
        .collect();
    Ok(tell_calendar_conflicts_in_tx(conn, &told, now).await?)
}
