//! Asking for times.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use kernel::{Money, RoomId, StudioId};
use service_kit::Page;

use super::{
    Asked, AvailabilityError, check_choices,
    model::{Reason, RoomCalendar, out_of_stock},
    slots,
    store::{self as availability, Bookable},
};
use crate::{
    interval::Interval,
    local_time,
    prices::{
        engine::RateWindows,
        model::{AddOn, AddOnChoice},
    },
    rooms::model::MAX_TURNAROUND_MINUTES,
    startup::App,
    studios::store::{self as studios, StudioKey},
};

/// The free slots of a date with their gross prices.
#[derive(Debug)]
pub struct AvailableTimes {
    pub calendar: RoomCalendar,
    pub slots: Vec<(Interval, Money)>,
}

/// The rules first, and what occupies the room then: only they tell when the date begins and ends.
pub async fn get_available_times(
    app: &App,
    room_id: RoomId,
    date: Date,
    minutes: i64,
) -> Result<AvailableTimes, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = availability::find_bookable(&mut conn, room_id).await?;
    let mut bookable = found.ok_or(AvailabilityError::NotFound)?;
    let Some(window) = window_of(date, minutes, &bookable.calendar.zone) else {
        return Ok(AvailableTimes { calendar: bookable.calendar, slots: Vec::new() });
    };
    let (busy, blackouts) = availability::find_busy(&mut conn, room_id, window, now).await?;
    drop(conn);
    bookable.calendar.blackouts = blackouts;
    available_times(bookable, &busy, date, minutes, now)
}

/// The same for a page of a studio's rooms; one without prices is left out. Answers the studio's zone with them.
pub async fn list_available_times(
    app: &App,
    studio_id: StudioId,
    (date, minutes): (Date, i64),
    (after, limit): (Option<RoomId>, i64),
) -> Result<(String, Page<AvailableTimes>), AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let found = studios::find_studio(&mut conn, &StudioKey::Id(studio_id)).await?;
    let studio = found.ok_or(AvailabilityError::NotFound)?;
    let zone = local_time::stored_zone(&studio.time_zone);
    let Some(window) = window_of(date, minutes, &zone) else {
        return Ok((studio.time_zone, Page { data: Vec::new(), next_cursor: None }));
    };
    let rows = availability::list_bookable_and_busy(&mut conn, studio_id, (after, limit + 1), window, now).await?;
    drop(conn);
    let page = Page::of(rows, limit, |(bookable, _)| bookable.calendar.room.id);
    let times = page.data.into_iter().map(|(bookable, busy)| available_times(bookable, &busy, date, minutes, now));
    let data = times.collect::<Result<_, _>>()?;
    Ok((studio.time_zone, Page { data, next_cursor: page.next_cursor }))
}

fn available_times(
    Bookable { calendar, prices }: Bookable,
    busy: &[Interval],
    date: Date,
    minutes: i64,
    now: Timestamp,
) -> Result<AvailableTimes, AvailabilityError> {
    let list = prices.ok_or(AvailabilityError::PricesMissing)?;
    let Some(day) = slots::day(date, &calendar.zone) else { return Ok(AvailableTimes { calendar, slots: Vec::new() }) };
    let window = day.extended(i32::try_from(minutes).unwrap_or(i32::MAX));
    let free = slots::free_slots(&calendar, day, minutes, busy, now);
    let rates = RateWindows::around(&list, window, &calendar.zone);
    let priced = free.into_iter().map(|slot| Ok((slot, rates.price(slot, &[])?.total)));
    let slots = priced.collect::<Result<_, AvailabilityError>>()?;
    Ok(AvailableTimes { calendar, slots })
}

/// The date, and what may follow a booking that begins on it: the longest turnaround included.
fn window_of(date: Date, minutes: i64, zone: &TimeZone) -> Option<Interval> {
    let day = slots::day(date, zone)?;
    let end = day.end() + SignedDuration::from_mins(minutes + MAX_TURNAROUND_MINUTES);
    Interval::new(day.start(), end)
}

/// Everything that speaks against an interval; nothing when it can be had.
pub async fn check_availability(
    app: &App,
    room_id: RoomId,
    asked: Asked,
    choices: &[AddOnChoice],
) -> Result<Vec<Reason>, AvailabilityError> {
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
    }
    Ok(reasons)
}

/// True when there are not enough of some chosen add-on. Only stocked ones are looked up.
pub async fn any_out_of_stock(
    conn: &mut store::Conn,
    choices: &[AddOnChoice],
    add_ons: &[AddOn],
    interval: Interval,
    now: Timestamp,
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
