//! Asking for times.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use kernel::{Money, RoomId, StudioId};
use service_kit::Page;

use super::{
    Asked, AvailabilityError, InputError, Together,
    model::Reason,
    slots, stock,
    store::{self as availability, Bookable},
};
use crate::{
    engineers::claims::could_be_claimed,
    interval::Interval,
    local_time,
    prices::{engine::Extras, model::AddOnChoice},
    rooms::model::MAX_TURNAROUND_MINUTES,
    startup::App,
    studios::store::{self as studios, StudioKey},
};

/// The free slots of a date with their gross prices.
#[derive(Debug)]
pub struct AvailableTimes {
    pub time_zone: String,
    pub zone: TimeZone,
    pub slots: Vec<(Interval, Money)>,
}

/// The slots at which all the rooms can be had together. The rules first, and what occupies the rooms then: only they tell
/// when the date begins and ends.
pub async fn get_available_times(
    app: &App,
    room_ids: &[RoomId],
    date: Date,
    minutes: i64,
) -> Result<AvailableTimes, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = availability::find_bookables(&mut conn, room_ids).await?.ok_or(AvailabilityError::NotFound)?;
    let zone = found.first().map(|room| room.calendar.zone.clone()).ok_or(AvailabilityError::NotFound)?;
    let (rooms, busy) = match window_of(date, minutes, &zone) {
        Some(window) => availability::find_busy(&mut conn, found, window, now).await?,
        None => (found, Vec::new()),
    };
    drop(conn);
    let rooms = Together::new(rooms)?.ok_or(AvailabilityError::NotFound)?;
    times_of(&rooms, &busy, (date, minutes), now)
}

/// The same for each room of a page of a studio's; one without prices is left out. Answers the studio's zone with them.
pub async fn list_available_times(
    app: &App,
    studio_id: StudioId,
    (date, minutes): (Date, i64),
    (after, limit): (Option<RoomId>, i64),
) -> Result<(String, Page<(RoomId, AvailableTimes)>), AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = studios::find_studio(&mut conn, &StudioKey::Id(studio_id)).await?;
    let studio = found.ok_or(AvailabilityError::NotFound)?;
    let Some(window) = window_of(date, minutes, &local_time::stored_zone(&studio.time_zone)) else {
        return Ok((studio.time_zone, Page { data: Vec::new(), next_cursor: None }));
    };
    let rooms = availability::list_bookables(&mut conn, studio_id, after, limit + 1).await?;
    let page = Page::of(rooms, limit, |room| room.calendar.room.id);
    let (rooms, busy) = availability::find_busy(&mut conn, page.data, window, now).await?;
    drop(conn);
    let mut data = Vec::with_capacity(rooms.len());
    for (room, busy) in rooms.into_iter().zip(busy) {
        let room_id = room.calendar.room.id;
        if let Some(alone) = Together::new(vec![room])? {
            data.push((room_id, times_of(&alone, &[busy], (date, minutes), now)?));
        }
    }
    Ok((studio.time_zone, Page { data, next_cursor: page.next_cursor }))
}

fn times_of(
    rooms: &Together,
    busy: &[Vec<Interval>],
    (date, minutes): (Date, i64),
    now: Timestamp,
) -> Result<AvailableTimes, AvailabilityError> {
    let free = match slots::day(date, rooms.zone()) {
        Some(day) => free_of_all(rooms, busy, day, minutes, now),
        None => Vec::new(),
    };
    let window = match (free.first(), free.last()) {
        (Some(first), Some(last)) => Interval::around(first.start(), last.end(), SignedDuration::ZERO),
        // Nothing to price, but whether there are prices.
        _ => Interval::around(now, now, SignedDuration::from_mins(1)),
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

/// The date, and what may follow a booking that begins on it: the longest turnaround included.
fn window_of(date: Date, minutes: i64, zone: &TimeZone) -> Option<Interval> {
    let day = slots::day(date, zone)?;
    let end = day.end() + SignedDuration::from_mins(minutes + MAX_TURNAROUND_MINUTES);
    Interval::new(day.start(), end)
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
        if stock::is_short(&mut conn, choices, interval, None, now).await? {
            reasons.push(Reason::OutOfStock);
        }
        if !could_be_claimed(&mut conn, choices, &add_ons, interval, now).await? {
            reasons.push(Reason::EngineerTaken);
        }
    }
    let calendar = &rooms.first().calendar;
    Ok(Checked { time_zone: calendar.time_zone.clone(), zone: calendar.zone.clone(), interval, reasons })
}
