//! Booking a series.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use kernel::SeriesId;
use serde::Serialize;
use service_kit::{Idempotent, StoredAnswer};
use store::{Conn, savepoint};

use super::{Whole, dates_of, first_date, refusal};
use crate::{
    availability::{Asked, Together, store as availability},
    bookings::{
        BookingError, Refusal,
        commands::{Booker, NewBooking, create_booking_in_tx},
        model::Booking,
        store::count_open_holds,
    },
    interval::Interval,
    local_time::When,
    rooms::store::lock_rooms,
    series::{
        SeriesError,
        model::{Occurrence, OnConflict, Series, Template},
        store as series,
    },
    startup::App,
};

#[derive(Debug, Clone)]
pub struct NewSeries {
    pub by: Booker,
    pub template: Template,
    pub rule: String,
    pub starts_at: When,
    pub on_conflict: OnConflict,
}

/// Books all dates once for each key, in one transaction.
pub async fn create_series<R: Serialize + Send + Sync>(
    app: &App,
    request: &Idempotent,
    new: &NewSeries,
    answer: fn(&Whole) -> R,
) -> Result<StoredAnswer, SeriesError> {
    let created = request.once(&app.db, StatusCode::CREATED, async |conn| {
        let whole = create_series_in_tx(app, conn, new).await?;
        Ok::<_, SeriesError>(answer(&whole))
    });
    created.await
}

async fn create_series_in_tx(app: &App, conn: &mut Conn, new: &NewSeries) -> Result<Whole, SeriesError> {
    let found = availability::find_bookables(conn, &new.template.room_ids).await?.ok_or(SeriesError::NotFound)?;
    let rooms = Together::new(found)?.ok_or(SeriesError::NotFound)?;
    let zone = rooms.zone().clone();
    let intervals = dates_of(&new.rule, first_date(new.starts_at, &zone)?, new.template.minutes, &zone)?;
    lock_rooms(conn, &new.template.room_ids).await?;
    let now = app.clock.now();
    let calendar = &rooms.first().calendar;
    let made = Series {
        id: SeriesId::new(),
        company_id: calendar.room.company_id,
        studio_id: calendar.room.studio_id,
        customer_id: new.by.customer_id(),
        template: new.template.clone(),
        rule: new.rule.trim().to_owned(),
        time_zone: calendar.time_zone.clone(),
        created_at: now,
    };
    check_open_holds(app, conn, &new.by, &made, now).await?;
    series::insert_series(conn, &made).await?;
    let mut dates = Vec::with_capacity(intervals.len());
    for (number, interval) in (1..).zip(intervals) {
        let mut date = Occurrence::new(number, interval);
        match book_date_in_tx(app, conn, &new.by, &made, interval).await? {
            Ok(booking) => date.booking = Some(booking),
            Err(refusal) if new.on_conflict == OnConflict::Fail => {
                return Err(SeriesError::Conflict { number, refusal });
            }
            Err(refusal) => date.skipped_because = Some(refusal.code().to_owned()),
        }
        dates.push(date);
    }
    if dates.iter().all(|date| date.booking.is_none()) {
        return Err(SeriesError::NothingFree);
    }
    series::save_occurrences(conn, made.id, &dates).await?;
    Ok(Whole { series: made, dates, failed: Vec::new(), now })
}

/// An ordinary booking for one date; what is refused leaves nothing behind.
pub(super) async fn book_date_in_tx(
    app: &App,
    conn: &mut Conn,
    by: &Booker,
    series: &Series,
    interval: Interval,
) -> Result<Result<Booking, Refusal>, SeriesError> {
    let template = &series.template;
    let asked = Asked { starts_at: When::Instant(interval.start()), ends_at: When::Instant(interval.end()) };
    let new = NewBooking {
        by: by.clone(),
        series_id: Some(series.id),
        room_ids: template.room_ids.clone(),
        asked,
        add_ons: Some(template.add_ons.clone()),
        quote_token: None,
        party_size: template.party_size,
        promotion_code: None,
        note: template.note.clone(),
    };
    match savepoint(conn, async |conn| create_booking_in_tx(app, conn, &new).await).await {
        Ok(booking) => Ok(Ok(booking)),
        Err(error) => Ok(Err(refusal(error)?)),
    }
}

/// A series counts once towards the holds a customer may have: it is judged before its first date.
async fn check_open_holds(
    app: &App,
    conn: &mut Conn,
    by: &Booker,
    series: &Series,
    now: Timestamp,
) -> Result<(), SeriesError> {
    let limit = i64::from(app.config.max_open_holds);
    let Booker::Customer(customer_id) = by else { return Ok(()) };
    if limit > 0 && count_open_holds(conn, *customer_id, series.company_id, now).await? >= limit {
        return Err(BookingError::from(Refusal::TooManyHolds).into());
    }
    Ok(())
}
