//! Asking for times.

use jiff::civil::Date;
use kernel::{Money, RoomId};

use super::{
    Asked, AvailabilityError, check_choices,
    model::{Reason, RoomCalendar, out_of_stock},
    slots, store as availability,
};
use crate::{
    interval::Interval,
    prices::{
        engine::RateWindows,
        model::{AddOn, AddOnChoice},
        store as prices,
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
    let calendar = availability::find_calendar(&mut conn, room_id).await?.ok_or(AvailabilityError::NotFound)?;
    let list = prices::find_price_list(&mut conn, room_id).await?.ok_or(AvailabilityError::PricesMissing)?;
    let Some(day) = slots::day(date, &calendar) else { return Ok(AvailableTimes { calendar, slots: Vec::new() }) };
    let now = app.clock.now();
    let reach = i32::try_from(minutes).unwrap_or(i32::MAX);
    let window = calendar.occupied_by(day.extended(reach));
    let busy = availability::busy_periods(&mut conn, room_id, window, now).await?;
    drop(conn);
    let free = slots::free_slots(&calendar, day, minutes, &busy, now);
    let rates = RateWindows::around(&list, window, &calendar.zone);
    let priced = free.into_iter().map(|slot| Ok((slot, rates.price(slot, &[])?.total)));
    let slots = priced.collect::<Result<_, AvailabilityError>>()?;
    Ok(AvailableTimes { calendar, slots })
}

/// Everything that speaks against an interval; nothing when it can be had.
pub async fn check_availability(
    app: &App,
    room_id: RoomId,
    asked: Asked,
    choices: &[AddOnChoice],
) -> Result<Vec<Reason>, AvailabilityError> {
    let mut conn = app.db.conn().await?;
    let calendar = availability::find_calendar(&mut conn, room_id).await?.ok_or(AvailabilityError::NotFound)?;
    let interval = asked.interval(&calendar.zone)?;
    let now = app.clock.now();
    let mut reasons = calendar.reasons(interval, now);
    let busy = availability::busy_periods(&mut conn, room_id, calendar.occupied_by(interval), now).await?;
    if !busy.is_empty() {
        reasons.push(Reason::Occupied);
    }
    if !choices.is_empty() {
        let list = prices::find_price_list(&mut conn, room_id).await?;
        let add_ons = list.map(|list| list.add_ons).unwrap_or_default();
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
