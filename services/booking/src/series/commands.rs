//! What is done with series.

mod change;
mod create;
mod preview;

pub use change::{NewSlots, cancel_series, edit_series, fill_series};
pub use create::{NewSeries, create_series};
pub use preview::{Preview, preview_series};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use kernel::SeriesId;
use service_kit::Caller;
use store::Conn;

use super::{
    SeriesError,
    model::{Occurrence, Series, interval_at},
    rule,
    store::{self as series, Whose},
};
use crate::{
    availability::InputError,
    bookings::{BookingError, Refusal, store::Access},
    interval::Interval,
    local_time::When,
    startup::App,
};

/// A series with its dates, as they are at an instant.
#[derive(Debug)]
pub struct Whole {
    pub series: Series,
    pub dates: Vec<Occurrence>,
    /// Dates that could not be changed, each with what stood in the way.
    pub failed: Vec<(i32, Refusal)>,
    pub now: Timestamp,
}

pub async fn get_series(app: &App, caller: &Caller, id: SeriesId) -> Result<Whole, SeriesError> {
    let mut conn = app.db.conn().await?;
    let found = series::find_series(&mut conn, id, &Access::of(caller)).await?.ok_or(SeriesError::NotFound)?;
    let dates = series::find_occurrences(&mut conn, id).await?;
    Ok(Whole { series: found, dates, failed: Vec::new(), now: app.clock.now() })
}

/// Series without their dates.
pub async fn list_series(
    app: &App,
    whose: Whose,
    after: Option<SeriesId>,
    limit: i64,
) -> Result<Vec<Series>, SeriesError> {
    Ok(series::list_series(&mut *app.db.conn().await?, whose, after, limit).await?)
}

/// When a series begins, on the studio's clock, in whole minutes. The first date must name a single instant.
fn first_date(starts_at: When, zone: &TimeZone) -> Result<DateTime, InputError> {
    let instant = starts_at.resolve(zone).map_err(|error| InputError::LocalTime(error, "/starts_at"))?;
    let local = zone.to_datetime(instant);
    let whole = local.second() == 0 && local.subsec_nanosecond() == 0;
    if whole { Ok(local) } else { Err(InputError::NotWholeMinutes("/starts_at")) }
}

/// The intervals a rule means.
fn dates_of(text: &str, first: DateTime, minutes: i64, zone: &TimeZone) -> Result<Vec<Interval>, SeriesError> {
    let dates = rule::expand(text, first, zone)?;
    Ok(dates.into_iter().filter_map(|local| interval_at(local, minutes, zone)).collect())
}

/// What a date that could not be booked or moved met; other errors are nobody's to skip.
fn refusal(error: BookingError) -> Result<Refusal, SeriesError> {
    match error {
        BookingError::Refused(refusal) => Ok(refusal),
        error => Err(error.into()),
    }
}

/// The series under its lock.
async fn lock_in_tx(conn: &mut Conn, id: SeriesId, access: &Access) -> Result<(Series, Vec<Occurrence>), SeriesError> {
    series::find_series(conn, id, access).await?.ok_or(SeriesError::NotFound)?;
    series::lock_series(conn, id).await?;
    let locked = series::find_series(conn, id, access).await?.ok_or(SeriesError::NotFound)?;
    Ok((locked, series::find_occurrences(conn, id).await?))
}
