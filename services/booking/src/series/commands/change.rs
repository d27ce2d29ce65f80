//! Cancelling, moving and filling dates of a series.

use actix_web::http::StatusCode;
use kernel::{BookingId, SeriesId};
use serde::Serialize;
use service_kit::{Caller, Idempotent, StoredAnswer};
use store::{Conn, savepoint};

use super::{Whole, create::book_date_in_tx, lock_in_tx, refusal};
use crate::{
    availability::Asked,
    bookings::{
        Refusal,
        commands::{Booker, Reschedule, StaffBooking, cancel_booking_in_tx, reschedule_booking_in_tx},
        model::Booking,
        store::Access,
    },
    interval::Interval,
    local_time::{self, When},
    rooms::store::lock_rooms,
    series::{
        SeriesError,
        model::{Extent, NewTime, Occurrence, OnConflict, Scope, Series},
        store as series,
    },
    startup::App,
};

/// Where dates of a series are wanted.
#[derive(Debug, Clone, Copy)]
pub struct NewSlots {
    pub extent: Extent,
    pub clock: Option<local_time::ClockTime>,
    pub days_later: i32,
    /// As long as before when absent.
    pub minutes: Option<i64>,
    pub on_conflict: OnConflict,
}

/// Cancels the bookings of dates that lie ahead, each under its own policy, and withdraws those that have none.
pub async fn cancel_series(
    app: &App,
    caller: &Caller,
    id: SeriesId,
    extent: Extent,
    reason: Option<String>,
) -> Result<Whole, SeriesError> {
    let access = Access::of(caller);
    let cancelled = app.db.transaction(async |conn| {
        let (found, dates) = lock_with_rooms_in_tx(conn, id, &access, extent).await?;
        let now = app.clock.now();
        let mut changed = Vec::new();
        for mut date in dates.into_iter().filter(|date| extent.contains(date.number)) {
            if let Some(booking_id) = date.live_booking(now) {
                let (booking, _) = cancel_booking_in_tx(app, conn, caller, booking_id, reason.clone()).await?;
                date.booking = Some(booking);
            } else if date.booking.is_none() && date.interval.start() > now {
                date.withdrawn = true;
            }
            changed.push(date);
        }
        series::save_occurrences(conn, found.id, &changed).await?;
        Ok::<_, SeriesError>(())
    });
    cancelled.await?;
    super::get_series(app, caller, id).await
}

/// Moves dates to another time of the day, or other days, or makes them longer or shorter. Each booking is moved as it
/// would be alone, with what that costs or gives back.
pub async fn edit_series(app: &App, caller: &Caller, id: SeriesId, wanted: NewSlots) -> Result<Whole, SeriesError> {
    let access = Access::of(caller);
    let edited = app.db.transaction(async |conn| {
        let (mut found, dates) = lock_with_rooms_in_tx(conn, id, &access, wanted.extent).await?;
        let minutes = wanted.minutes.unwrap_or(found.template.minutes);
        let time = NewTime { clock: wanted.clock, days_later: wanted.days_later, minutes };
        let zone = local_time::stored_zone(&found.time_zone);
        let now = app.clock.now();
        let moves = dates
            .into_iter()
            .filter(|date| wanted.extent.contains(date.number))
            // What has begun stays as it is.
            .filter(|date| date.interval.start() > now && (date.live_booking(now).is_some() || date.is_open(now)))
            .filter_map(|date| time.of(date.interval, &zone).map(|to| (date, to)))
            .filter(|(date, to)| *to != date.interval);
        let failed = move_in_tx(app, conn, caller, &found, in_order(moves.collect()), wanted.on_conflict).await?;
        if found.template.minutes != minutes && wanted.extent.scope != Scope::One {
            found.template.minutes = minutes;
            series::update_template(conn, id, &found.template, now).await?;
        }
        Ok::<_, SeriesError>(failed)
    });
    let failed = edited.await?;
    Ok(Whole { failed, ..super::get_series(app, caller, id).await? })
}

/// A date may move to where the next one is now: those that move later start with the last, so that each leaves before
/// the other comes.
fn in_order(mut moves: Vec<(Occurrence, Interval)>) -> Vec<(Occurrence, Interval)> {
    if moves.first().is_some_and(|(date, to)| to.start() > date.interval.start() || to.end() > date.interval.end()) {
        moves.reverse();
    }
    moves
}

async fn move_in_tx(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
    series: &Series,
    moves: Vec<(Occurrence, Interval)>,
    on_conflict: OnConflict,
) -> Result<Vec<(i32, Refusal)>, SeriesError> {
    let (now, mut failed, mut changed) = (app.clock.now(), Vec::new(), Vec::new());
    for (mut date, to) in moves {
        let moved = match date.live_booking(now) {
            Some(booking_id) => move_booking_in_tx(app, conn, caller, booking_id, to).await?.map(Some),
            // Nothing is held: it is only wanted at another time from now on.
            None => Ok(None),
        };
        match moved {
            Ok(booking) => {
                date.interval = to;
                date.booking = booking.or(date.booking);
                changed.push(date);
            }
            Err(refusal) if on_conflict == OnConflict::Fail => {
                return Err(SeriesError::Conflict { number: date.number, refusal });
            }
            Err(refusal) => failed.push((date.number, refusal)),
        }
    }
    self::series::save_occurrences(conn, series.id, &changed).await?;
    failed.sort_unstable_by_key(|(number, _)| *number);
    Ok(failed)
}

async fn move_booking_in_tx(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
    id: BookingId,
    to: Interval,
) -> Result<Result<Booking, Refusal>, SeriesError> {
    let asked = Asked { starts_at: When::Instant(to.start()), ends_at: When::Instant(to.end()) };
    let wish = Reschedule { asked, room_ids: None, add_ons: None, quote_token: None };
    let moved = savepoint(conn, async |conn| reschedule_booking_in_tx(app, conn, caller, id, &wish).await);
    match moved.await {
        Ok((booking, _)) => Ok(Ok(booking)),
        Err(error) => Ok(Err(refusal(error)?)),
    }
}

/// Books dates that were skipped, and those whose hold lapsed, where they can be had by now. Once for each key.
pub async fn fill_series<R: Serialize + Send + Sync>(
    app: &App,
    caller: &Caller,
    request: &Idempotent,
    id: SeriesId,
    answer: fn(&Whole) -> R,
) -> Result<StoredAnswer, SeriesError> {
    let access = Access::of(caller);
    let filled = request.once(&app.db, StatusCode::OK, async |conn| {
        let whole = fill_in_tx(app, conn, caller, id, &access).await?;
        Ok::<_, SeriesError>(answer(&whole))
    });
    filled.await
}

async fn fill_in_tx(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
    id: SeriesId,
    access: &Access,
) -> Result<Whole, SeriesError> {
    let (found, mut dates) = lock_in_tx(conn, id, access).await?;
    let by = booker(caller, &found, &dates).ok_or(SeriesError::NothingFree)?;
    lock_rooms(conn, &found.template.room_ids).await?;
    let now = app.clock.now();
    let mut failed = Vec::new();
    for date in dates.iter_mut().filter(|date| date.is_open(now)) {
        match book_date_in_tx(app, conn, &by, &found, date.interval).await? {
            Ok(booking) => {
                date.booking = Some(booking);
                date.skipped_because = None;
            }
            Err(refusal) => {
                date.skipped_because = Some(refusal.code().to_owned());
                failed.push((date.number, refusal));
            }
        }
    }
    series::save_occurrences(conn, id, &dates).await?;
    Ok(Whole { series: found, dates, failed, now })
}

/// As whom dates are filled: staff book for whom the others are.
fn booker(caller: &Caller, series: &Series, dates: &[Occurrence]) -> Option<Booker> {
    if series.customer_id == Some(caller.user_id()) {
        return Some(Booker::Customer(caller.user_id()));
    }
    let booking = dates.iter().find_map(|date| date.booking.as_ref())?;
    Some(Booker::Staff(StaffBooking {
        user_id: caller.user_id(),
        company_id: series.company_id,
        customer: booking.customer.clone(),
        payment: booking.payment_mode,
        hold_minutes: None,
    }))
}

/// The series, then all rooms of the bookings that may change, each under its lock; what is read after that stays so.
async fn lock_with_rooms_in_tx(
    conn: &mut Conn,
    id: SeriesId,
    access: &Access,
    extent: Extent,
) -> Result<(Series, Vec<Occurrence>), SeriesError> {
    let (found, dates) = lock_in_tx(conn, id, access).await?;
    if extent.scope != Scope::All && dates.iter().all(|date| date.number != extent.number) {
        return Err(SeriesError::NoSuchDate);
    }
    let mut rooms = found.template.room_ids.clone();
    rooms.extend(dates.iter().filter_map(|date| date.booking.as_ref()).flat_map(Booking::room_ids));
    rooms.sort_unstable();
    rooms.dedup();
    lock_rooms(conn, &rooms).await?;
    Ok((found, series::find_occurrences(conn, id).await?))
}
