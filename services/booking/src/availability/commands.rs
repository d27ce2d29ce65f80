//! Asking for times.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use kernel::{BookingId, Money, RoomId};

use super::{
    Asked, AvailabilityError, InputError, Together,
    input::MARGIN,
    model::{Reason, out_of_stock},
    slots,
    store::{self as availability, Bookable},
};
use crate::{
    engineers::claims::could_be_claimed,
    interval::Interval,
    local_time::When,
    prices::{
        engine::Extras,
        model::{AddOn, AddOnChoice},
    },
    startup::App,
};

/// The free slots of a date with their gross prices.
#[derive(Debug)]
pub struct AvailableTimes {
    pub time_zone: String,
    pub zone: TimeZone,
    pub slots: Vec<(Interval, Money)>,
}

/// The slots at which all the rooms can be had together.
pub async fn get_available_times(
    app: &App,
    room_ids: &[RoomId],
    date: Date,
    minutes: i64,
) -> Result<AvailableTimes, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = availability::find_bookables_and_busy(&mut conn, room_ids, around(date, minutes)?, now).await?;
    drop(conn);
    let (rooms, busy) = found.ok_or(AvailabilityError::NotFound)?;
    let rooms = Together::new(rooms)?.ok_or(AvailabilityError::NotFound)?;
    let free = match slots::day(date, &rooms.first().calendar) {
        Some(day) => free_of_all(&rooms, &busy, day, minutes, now),
        None => Vec::new(),
    };
    let longest = i32::try_from(minutes).unwrap_or(i32::MAX);
    let window = match (free.first(), free.last()) {
        (Some(first), Some(last)) => Interval::around(first.start(), last.end(), SignedDuration::ZERO),
        _ => around(date, minutes)?.extended(longest),
    };
    let rates = rooms.rates(window).ok_or(AvailabilityError::PricesMissing)?;
    let priced = free.into_iter().map(|slot| Ok((slot, rates.price(slot, Extras::default())?.total)));
    let slots = priced.collect::<Result<_, AvailabilityError>>()?;
    let calendar = &rooms.first().calendar;
    Ok(AvailableTimes { time_zone: calendar.time_zone.clone(), zone: calendar.zone.clone(), slots })
}

fn free_of_all(rooms: &Together, busy: &[Vec<Interval>], day: Interval, minutes: i64, now: Timestamp) -> Vec<Interval> {
    let free_of =
        |(room, busy): (&Bookable, &Vec<Interval>)| slots::free_slots(&room.calendar, day, minutes, busy, now);
    let each = rooms.rooms().zip(busy).map(free_of);
    each.reduce(|free, other| free.into_iter().filter(|slot| other.contains(slot)).collect()).unwrap_or_default()
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
    pub time_zone: String,
    pub zone: TimeZone,
    pub interval: Interval,
    pub reasons: Vec<Reason>,
}

pub async fn check_availability(
    app: &App,
    room_ids: &[RoomId],
    asked: Asked,
    choices: &[AddOnChoice],
) -> Result<Checked, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = availability::find_bookables_and_busy(&mut conn, room_ids, asked.window(), now).await?;
    let (rooms, busy) = found.ok_or(AvailabilityError::NotFound)?;
    let rooms = Together::new(rooms)?.ok_or(AvailabilityError::NotFound)?;
    if room_ids.len() > 1 && availability::rooms_overlap(&mut conn, room_ids).await? {
        return Err(InputError::OverlappingRooms.into());
    }
    let interval = asked.interval(rooms.zone())?;
    let mut reasons = rooms.reasons(interval, now);
    if rooms.is_busy(&busy, interval) {
        reasons.push(Reason::Occupied);
    }
    if !choices.is_empty() {
        rooms.check_choices(choices)?;
        let add_ons = rooms.add_ons().unwrap_or_default();
        if any_out_of_stock(&mut conn, choices, &add_ons, interval, None, now).await? {
            reasons.push(Reason::OutOfStock);
        }
        if !could_be_claimed(&mut conn, choices, &add_ons, interval, now).await? {
            reasons.push(Reason::EngineerTaken);
        }
    }
    let calendar = &rooms.first().calendar;
    Ok(Checked { time_zone: calendar.time_zone.clone(), zone: calendar.zone.clone(), interval, reasons })
}

/// True when there are not enough of some chosen add-on, besides what one booking uses. Only stocked ones are looked
/// up.
pub async fn any_out_of_stock(
    conn: &mut store::Conn,
    choices: &[AddOnChoice],
    add_ons: &[AddOn],
    interval: Interval,
    except: Option<BookingId>,
    now: jiff::Timestamp,
) -> Result<bool, store::Error> {
    for choice in choices {
        let stocked = add_ons.iter().find(|add_on| add_on.id == choice.id && add_on.stock.is_some());
        if let Some(add_on) = stocked {
            let uses = availability::uses_of(conn, add_on.id, interval, except, now).await?;
            if out_of_stock(*choice, add_on, &uses, interval) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
