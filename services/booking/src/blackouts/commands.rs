//! Making, listing and deleting blackouts.

use ::store::Conn;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use kernel::{BlackoutId, RoomId, StudioId};
use problem::Problem;
use service_kit::Caller;

use super::{
    BlackoutError,
    model::{Blackout, Days, YEARS_AHEAD},
    store as blackouts,
};
use crate::{
    interval::Interval,
    local_time,
    rooms::store as rooms,
    startup::App,
    studios::{
        commands::manager_of_studio,
        store::{self as studios, StudioKey},
    },
    upcoming::{model::Affected, store as upcoming},
};

const MAX_BLACKOUTS: i64 = 1000;

/// A blackout to be made; its days are checked.
#[derive(Debug, Clone)]
pub struct NewBlackout {
    pub room_id: Option<RoomId>,
    pub days: Days,
    pub yearly: bool,
    pub reason: Option<String>,
}

/// A blackout, and the bookings that lie in it. They stand.
#[derive(Debug)]
pub struct Created {
    pub blackout: Blackout,
    pub orphaned: Affected,
}

pub async fn create_blackout(
    app: &App,
    caller: &Caller,
    studio_id: StudioId,
    new: &NewBlackout,
) -> Result<Created, Problem> {
    manager_of_studio(app, caller, studio_id).await?;
    let created = app.db.transaction(async |conn| create_blackout_in_tx(app, conn, studio_id, new).await);
    Ok(created.await?)
}

async fn create_blackout_in_tx(
    app: &App,
    conn: &mut Conn,
    studio_id: StudioId,
    new: &NewBlackout,
) -> Result<Created, BlackoutError> {
    if !studios::lock_studio(conn, studio_id).await? {
        return Err(BlackoutError::NotFound);
    }
    let studio = studios::find_studio(conn, &StudioKey::Id(studio_id)).await?.ok_or(BlackoutError::NotFound)?;
    lock_closed_rooms(conn, studio_id, new.room_id).await?;
    if blackouts::count_blackouts(conn, studio_id).await? >= MAX_BLACKOUTS {
        return Err(BlackoutError::TooMany);
    }
    let now = app.clock.now();
    let blackout = Blackout {
        id: BlackoutId::new(),
        studio_id,
        room_id: new.room_id,
        days: new.days,
        yearly: new.yearly,
        reason: new.reason.clone(),
    };
    blackouts::insert_blackout(conn, &blackout, now).await?;
    let periods = write_periods(conn, &blackout, &local_time::stored_zone(&studio.time_zone), now).await?;
    let last = periods.last().ok_or(BlackoutError::Nothing)?;
    if last.end() <= now {
        return Err(BlackoutError::Past);
    }
    let ahead = upcoming::list_upcoming(conn, studio_id, new.room_id, now).await?;
    let is_inside = |interval: Interval| periods.iter().any(|period| period.overlaps(interval));
    let orphaned = Affected::of(ahead.into_iter().filter(|booking| is_inside(booking.interval)));
    Ok(Created { blackout, orphaned })
}

/// Bookings of these rooms wait until the blackout is there, or are there before it.
async fn lock_closed_rooms(conn: &mut Conn, studio_id: StudioId, room_id: Option<RoomId>) -> Result<(), BlackoutError> {
    let Some(room_id) = room_id else { return Ok(rooms::lock_rooms_of(conn, studio_id).await?) };
    let found = rooms::find_whereabouts(conn, room_id).await?;
    if found.is_none_or(|found| found.studio_id != studio_id) {
        return Err(BlackoutError::UnknownRoom);
    }
    Ok(rooms::lock_rooms(conn, &[room_id]).await?)
}

/// What it means from now on. The rooms that it closes are locked.
async fn write_periods(
    conn: &mut Conn,
    blackout: &Blackout,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Interval>, BlackoutError> {
    let today = local_time::date_at(now, zone);
    let until = years_after(today, YEARS_AHEAD);
    let periods = blackout.periods(zone, today, until);
    blackouts::replace_periods(conn, blackout, &periods, until).await?;
    Ok(periods)
}

fn years_after(date: Date, years: i16) -> Date {
    date.checked_add(Span::new().years(years)).unwrap_or(Date::MAX)
}

/// The studio's clock is another one now. The rooms are locked.
pub async fn rewrite_periods_in_tx(
    conn: &mut Conn,
    studio_id: StudioId,
    time_zone: &str,
    now: Timestamp,
) -> Result<(), store::Error> {
    let zone = local_time::stored_zone(time_zone);
    let today = local_time::date_at(now, &zone);
    let until = years_after(today, YEARS_AHEAD);
    for blackout in blackouts::list_blackouts(conn, studio_id, None, MAX_BLACKOUTS).await? {
        let periods = blackout.periods(&zone, today, until);
        blackouts::replace_periods(conn, &blackout, &periods, until).await?;
    }
    Ok(())
}

/// In the order they were made; everybody may know.
pub async fn list_blackouts(
    app: &App,
    studio_id: StudioId,
    after: Option<BlackoutId>,
    limit: i64,
) -> Result<Vec<Blackout>, BlackoutError> {
    let mut conn = app.db.conn().await?;
    studios::find_company_of(&mut conn, studio_id).await?.ok_or(BlackoutError::NotFound)?;
    Ok(blackouts::list_blackouts(&mut conn, studio_id, after, limit).await?)
}

pub async fn delete_blackout(app: &App, caller: &Caller, studio_id: StudioId, id: BlackoutId) -> Result<(), Problem> {
    manager_of_studio(app, caller, studio_id).await?;
    let deleted = blackouts::delete_blackout(&mut *app.db.conn().await?, studio_id, id).await?;
    if deleted { Ok(()) } else { Err(BlackoutError::NotFound.into()) }
}

const BATCH: usize = 100;

/// Writes yearly ones out for the years to come, long before anybody can book there.
pub async fn expand_blackouts(app: &App, now: Timestamp) -> Result<(), BlackoutError> {
    let wanted = years_after(local_time::date_at(now, &TimeZone::UTC), YEARS_AHEAD - 1);
    loop {
        let due = blackouts::list_to_expand(&mut *app.db.conn().await?, wanted, BATCH as i64).await?;
        for (blackout, time_zone) in &due {
            let zone = local_time::stored_zone(time_zone);
            let expanded = app.db.transaction(async |conn| {
                studios::lock_studio(conn, blackout.studio_id).await?;
                rooms::lock_rooms_of(conn, blackout.studio_id).await?;
                // It may have been deleted in the meantime.
                if blackouts::lock_blackout(conn, blackout.id).await? {
                    write_periods(conn, blackout, &zone, now).await?;
                }
                Ok::<_, BlackoutError>(())
            });
            expanded.await?;
        }
        if due.len() < BATCH {
            return Ok(());
        }
    }
}

/// When the next one has to be written out.
pub async fn next_expansion(app: &App) -> Result<Option<Timestamp>, BlackoutError> {
    let earliest = blackouts::first_expanded_to(&mut *app.db.conn().await?).await?;
    let due = earliest.and_then(|date| date.checked_sub(Span::new().years(YEARS_AHEAD - 1)).ok());
    let due = due.and_then(|date| date.checked_add(Span::new().days(1)).ok());
    Ok(due.and_then(|date| local_time::opening_instant(date.at(0, 0, 0, 0), &TimeZone::UTC)))
}
