//! What a series would be: its dates, what speaks against each, and what each costs.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kernel::Money;
use store::Conn;

use super::{dates_of, first_date};
use crate::{
    availability::{
        InputError, Together,
        model::Reason,
        stock,
        store::{self as availability},
    },
    bookings::{BookingError, Refusal},
    engineers::claims::could_be_claimed,
    interval::Interval,
    local_time::When,
    quotes::{Wishes, price_for},
    series::{SeriesError, model::Template},
    startup::App,
};

#[derive(Debug)]
pub struct Preview {
    pub time_zone: String,
    pub zone: TimeZone,
    pub dates: Vec<PreviewedDate>,
}

#[derive(Debug)]
pub struct PreviewedDate {
    pub interval: Interval,
    /// Nothing when it can be had.
    pub reasons: Vec<Reason>,
    /// Gross.
    pub price: Money,
}

/// Widest turnaround around the dates.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);

pub async fn preview_series(
    app: &App,
    template: &Template,
    rule: &str,
    starts_at: When,
) -> Result<Preview, SeriesError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let room_ids = &template.room_ids;
    let found = availability::find_bookables(&mut conn, room_ids).await?.ok_or(SeriesError::NotFound)?;
    let rooms = Together::new(found)?.ok_or(SeriesError::NotFound)?;
    if room_ids.len() > 1 && availability::rooms_overlap(&mut conn, room_ids).await? {
        return Err(InputError::OverlappingRooms.into());
    }
    let zone = rooms.zone().clone();
    let dates = dates_of(rule, first_date(starts_at, &zone)?, template.minutes, &zone)?;
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Err(SeriesError::NothingFree) };
    let window = Interval::around(first.start(), last.end(), MARGIN);
    let found = availability::find_bookables_and_busy(&mut conn, room_ids, window, now).await?;
    let (_, busy) = found.ok_or(SeriesError::NotFound)?;
    let mut previewed = Vec::with_capacity(dates.len());
    for interval in dates {
        let mut reasons = rooms.reasons(interval, now);
        if rooms.is_busy(&busy, interval) {
            reasons.push(Reason::Occupied);
        }
        reasons.extend(missing_extras(&mut conn, &rooms, template, interval, now).await?);
        previewed.push(PreviewedDate { interval, reasons, price: price_of(&rooms, template, interval)? });
    }
    Ok(Preview { time_zone: rooms.first().calendar.time_zone.clone(), zone, dates: previewed })
}

async fn missing_extras(
    conn: &mut Conn,
    rooms: &Together,
    template: &Template,
    interval: Interval,
    now: Timestamp,
) -> Result<Vec<Reason>, SeriesError> {
    if template.add_ons.is_empty() {
        return Ok(Vec::new());
    }
    let add_ons = rooms.add_ons().ok_or(BookingError::from(Refusal::PricesMissing))?;
    let mut reasons = Vec::new();
    if stock::is_short(conn, &template.add_ons, interval, None, now).await? {
        reasons.push(Reason::OutOfStock);
    }
    if !could_be_claimed(conn, &template.add_ons, &add_ons, interval, now).await? {
        reasons.push(Reason::EngineerTaken);
    }
    Ok(reasons)
}

fn price_of(rooms: &Together, template: &Template, interval: Interval) -> Result<Money, SeriesError> {
    let (add_ons, party_size) = (template.add_ons.clone(), template.party_size);
    let wishes = Wishes { add_ons, party_size, promotion_code: None };
    Ok(price_for(rooms, interval, &wishes, None)?.price.total)
}
