//! Setting and reading hours.

use ::store::Conn;
use jiff::Timestamp;
use kernel::StudioId;
use problem::Problem;
use service_kit::Caller;

use super::{HoursError, model::Hours, store as hours};
use crate::{
    local_time,
    rooms::store as rooms,
    startup::App,
    studios::{
        commands::manager_of_studio,
        store::{self as studios, StudioKey},
    },
    upcoming::{
        model::{Affected, Upcoming},
        store as upcoming,
    },
};

/// Hours with the zone whose clock they are read on.
#[derive(Debug)]
pub struct StudioHours {
    pub hours: Hours,
    pub time_zone: String,
}

/// Replaces all hours of a studio that the caller's company runs; none is a studio that is closed. Bookings that exist
/// stay as they are; those that lie outside the new hours are answered.
pub async fn set_hours(
    app: &App,
    caller: &Caller,
    id: StudioId,
    new: Hours,
) -> Result<(StudioHours, Affected), Problem> {
    manager_of_studio(app, caller, id).await?;
    let replaced = app.db.transaction(async |conn| set_hours_in_tx(app, conn, id, &new).await);
    let (time_zone, orphaned) = replaced.await?;
    Ok((StudioHours { hours: new, time_zone }, orphaned))
}

async fn set_hours_in_tx(
    app: &App,
    conn: &mut Conn,
    id: StudioId,
    new: &Hours,
) -> Result<(String, Affected), HoursError> {
    if !studios::lock_studio(conn, id).await? {
        return Err(HoursError::NotFound);
    }
    let studio = studios::find_studio(conn, &StudioKey::Id(id)).await?.ok_or(HoursError::NotFound)?;
    // A booking that is being made by the old hours is there before them, and is named, or waits and is judged by the new.
    rooms::lock_rooms_of(conn, id).await?;
    let now = app.clock.now();
    hours::replace_hours(conn, id, new).await?;
    studios::count_change(conn, id, now).await?;
    let orphaned = orphans_in_tx(conn, id, new, &studio.time_zone, now).await?;
    Ok((studio.time_zone, orphaned))
}

/// The bookings that lie ahead and not inside one opening.
pub async fn orphans_in_tx(
    conn: &mut Conn,
    id: StudioId,
    hours: &Hours,
    time_zone: &str,
    now: Timestamp,
) -> Result<Affected, ::store::Error> {
    let zone = local_time::stored_zone(time_zone);
    let ahead = upcoming::list_upcoming(conn, id, None, now).await?;
    let is_outside = |booking: &Upcoming| !hours.around(booking.interval, &zone).cover(booking.interval);
    Ok(Affected::of(ahead.into_iter().filter(is_outside)))
}

pub async fn get_hours(app: &App, id: StudioId) -> Result<StudioHours, HoursError> {
    let mut conn = app.db.conn().await?;
    let studio = studios::find_studio(&mut conn, &StudioKey::Id(id)).await?.ok_or(HoursError::NotFound)?;
    Ok(StudioHours { hours: hours::find_hours(&mut conn, id).await?, time_zone: studio.time_zone })
}
