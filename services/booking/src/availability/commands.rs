//! Asking for times.

use jiff::{SignedDuration, civil::Date, tz::TimeZone};
use kernel::{Money, RoomId};

use super::{
    Asked, AvailabilityError, InputError, check_choices,
    input::MARGIN,
    model::{Reason, RoomCalendar, out_of_stock},
    slots,
    store::{self as availability, Bookable},
};
use crate::{
    engineers::claims::could_be_claimed,
    interval::Interval,
    local_time::When,
    prices::{
        engine::{Extras, RateWindows},
        model::{AddOn, AddOnChoice},
    },
    startup::App,
};

/// The free slots of a date with their gross prices.
#[derive(Debug)]
pub struct AvailableTimes {
    pub calendar: RoomCalendar,
    pub slots: Vec<(Interval, Money)>,
}

pub async fn get_available_times(
    app: &App,
    room_id: RoomId,
    date: Date,
    minutes: i64,
) -> Result<AvailableTimes, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = availability::find_bookable_and_busy(&mut conn, room_id, around(date, minutes)?, now).await?;
    drop(conn);
    let (Bookable { calendar, prices }, busy) = found.ok_or(AvailabilityError::NotFound)?;
    let list = prices.ok_or(AvailabilityError::PricesMissing)?;
    let Some(day) = slots::day(date, &calendar) else { return Ok(AvailableTimes { calendar, slots: Vec::new() }) };
    let window = day.extended(i32::try_from(minutes).unwrap_or(i32::MAX));
    let free = slots::free_slots(&calendar, day, minutes, &busy, now);
    let rates = RateWindows::around(&list, window, &calendar.zone);
    let priced = free.into_iter().map(|slot| Ok((slot, rates.price(slot, Extras::default())?.total)));
    let slots = priced.collect::<Result<_, AvailabilityError>>()?;
    Ok(AvailableTimes { calendar, slots })
}

/// Holds the date in every zone, and what begins on it.
fn around(date: Date, minutes: i64) -> Result<Interval, AvailabilityError> {
    let midnight = When::Local(date.at(0, 0, 0, 0)).resolve(&TimeZone::UTC);
    let midnight = midnight.map_err(|error| InputError::LocalTime(error, "/date"))?;
    let reach = SignedDuration::from_mins(minutes) + SignedDuration::from_hours(25);
    Ok(Interval::around(midnight, midnight + reach, MARGIN))
}

/// An interval on a room's clock with everything that speaks against it; nothing when it can be had.
#[derive(Debug)]
pub struct Checked {
    pub calendar: RoomCalendar,
    pub interval: Interval,
    pub reasons: Vec<Reason>,
}

pub async fn check_availability(
    app: &App,
    room_id: RoomId,
    asked: Asked,
    choices: &[AddOnChoice],
) -> Result<Checked, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = availability::find_bookable_and_busy(&mut conn, room_id, asked.window(), now).await?;
    let (Bookable { calendar, prices }, busy) = found.ok_or(AvailabilityError::NotFound)?;
    let interval = asked.interval(&calendar.zone)?;
    let mut reasons = calendar.reasons(interval, now);
    if busy.iter().any(|busy| busy.overlaps(calendar.occupied_by(interval))) {
        reasons.push(Reason::Occupied);
    }
    if !choices.is_empty() {
        let add_ons = prices.map(|list| list.add_ons).unwrap_or_default();
        check_choices(choices, &add_ons)?;
        if any_out_of_stock(&mut conn, choices, &add_ons, interval, now).await? {
            reasons.push(Reason::OutOfStock);
        }
        if !could_be_claimed(&mut conn, choices, &add_ons, interval, now).await? {
            reasons.push(Reason::EngineerTaken);
        }
    }
    Ok(Checked { calendar, interval, reasons })
}

/// True when there are not enough of some chosen add-on. Only stocked ones are looked up.
pub async fn any_out_of_stock(
    conn: &mut store::Conn,
    choices: &[AddOnChoice],
    add_ons: &[AddOn],
    interval: Interval,
    now: jiff::Timestamp,
) -> Result<bool, store::Error> {
    for choice in choices {
        let stocked = add_ons.iter().find(|add_on| add_on.id == choice.id && add_on.stock.is_some());
        if let Some(add_on) = stocked {
            let uses = availability::uses_of(conn, add_on.id, interval, now).await?;
            if out_of_stock(*choice, add_on, &uses, interval) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
