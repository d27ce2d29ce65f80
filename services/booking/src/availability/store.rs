//! Reading a room's calendar: its rules and prices, what occupies it, and how many of its add-ons are in use.
//!
//! What belongs together is asked in one flight: the statements are sent at once and answered in order, so that a
//! booking waits for the database once before it takes the room's lock.

mod busy;

use std::collections::HashMap;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, RoomId, StudioId};
use store::{Conn, Error};

use self::busy::{blackouts_of_room, blackouts_of_studio, busy};
use super::model::{RoomCalendar, Use};
use crate::{
    hours::{
        model::Hours,
        store::{find_hours, hours_of_room},
    },
    interval::Interval,
    local_time,
    prices::{
        model::PriceList,
        store::{find_price_lists, price_list_of_room},
    },
    rooms::{model::Room, store::RoomRow},
    schema::{booking_add_ons, bookings, companies, price_lists, rooms, studios},
};

/// A room with what it takes to book it.
#[derive(Debug)]
pub struct Bookable {
    pub calendar: RoomCalendar,
    pub prices: Option<PriceList>,
}

/// Without its blackouts: for what it costs, not for whether it can be had.
pub async fn find_bookable(conn: &mut Conn, room_id: RoomId) -> Result<Option<Bookable>, Error> {
    bookable(conn, room_id).await
}

/// What occupies a room in a window, and its blackouts there.
pub async fn find_busy(
    conn: &mut Conn,
    room_id: RoomId,
    window: Interval,
    now: Timestamp,
) -> Result<(Vec<Interval>, Vec<Interval>), Error> {
    let conn: &Conn = conn;
    let (busy, blackouts) = try_join!(busy(conn, &[room_id], window, now), blackouts_of_room(conn, room_id, window))?;
    Ok((busy.into_iter().map(|(_, interval)| interval).collect(), blackouts))
}

/// With what occupies the room in a window, and its blackouts there.
pub async fn find_bookable_and_busy(
    conn: &mut Conn,
    room_id: RoomId,
    window: Interval,
    now: Timestamp,
) -> Result<Option<(Bookable, Vec<Interval>)>, Error> {
    let conn: &Conn = conn;
    let (found, busy, blackouts) = try_join!(
        bookable(conn, room_id),
        busy(conn, &[room_id], window, now),
        blackouts_of_room(conn, room_id, window)
    )?;
    let Some(mut bookable) = found else { return Ok(None) };
    bookable.calendar.blackouts = blackouts;
    Ok(Some((bookable, busy.into_iter().map(|(_, interval)| interval).collect())))
}

async fn bookable(conn: &Conn, room_id: RoomId) -> Result<Option<Bookable>, Error> {
    let (room, hours, prices) =
        try_join!(room_of(conn, room_id), hours_of_room(conn, room_id), price_list_of_room(conn, room_id))?;
    let Some(room) = room else { return Ok(None) };
    Ok(Some(Bookable { calendar: calendar(room, hours), prices }))
}

/// A room, the name and the zone of its studio, the country of its company.
type PlacedRoom = (RoomRow, String, String, String);

fn calendar((room, studio_name, time_zone, company_country): PlacedRoom, hours: Hours) -> RoomCalendar {
    let zone = local_time::stored_zone(&time_zone);
    let (room, blackouts) = (Room::from(room), Vec::new());
    RoomCalendar { room, studio_name, company_country, time_zone, zone, hours, blackouts }
}

/// A page of a studio's rooms that have prices, each with what occupies it in a window. A constant number of statements,
/// however many rooms there are.
pub async fn list_bookable_and_busy(
    conn: &mut Conn,
    studio_id: StudioId,
    (after, limit): (Option<RoomId>, i64),
    window: Interval,
    now: Timestamp,
) -> Result<Vec<(Bookable, Vec<Interval>)>, Error> {
    let placed = rooms_of(conn, studio_id, after, limit).await?;
    let ids: Vec<RoomId> = placed.iter().map(|(room, ..)| room.id()).collect();
    let mut prices = find_price_lists(conn, &ids).await?;
    let hours = find_hours(conn, studio_id).await?;
    let in_flight: &Conn = conn;
    let (taken, blackouts) =
        try_join!(busy(in_flight, &ids, window, now), blackouts_of_studio(in_flight, studio_id, window))?;
    let mut busy_rooms: HashMap<RoomId, Vec<Interval>> = HashMap::new();
    for (room_id, interval) in taken {
        busy_rooms.entry(room_id).or_default().push(interval);
    }
    let bookable = |placed: PlacedRoom| {
        let mut calendar = calendar(placed, hours.clone());
        let id = calendar.room.id;
        let closes = |room_id: &Option<RoomId>| room_id.is_none_or(|room_id| room_id == id);
        let closed = blackouts.iter().filter(|(room_id, _)| closes(room_id));
        calendar.blackouts = closed.map(|(_, interval)| *interval).collect();
        (Bookable { calendar, prices: prices.remove(&id) }, busy_rooms.remove(&id).unwrap_or_default())
    };
    Ok(placed.into_iter().map(bookable).collect())
}

async fn rooms_of(
    conn: &mut Conn,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<PlacedRoom>, Error> {
    let rows = rooms::table
        .inner_join(studios::table.on(studios::id.eq(rooms::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(rooms::company_id)))
        .inner_join(price_lists::table.on(price_lists::room_id.eq(rooms::id)))
        .filter(rooms::studio_id.eq(studio_id))
        .filter(rooms::deleted_at.is_null())
        .filter(companies::closed.eq(false))
        .filter(rooms::id.gt(after.unwrap_or(RoomId::from_uuid(uuid::Uuid::nil()))))
        .order(rooms::id)
        .limit(limit)
        .select((RoomRow::as_select(), studios::name, studios::time_zone, companies::country))
        .load(conn)
        .await?;
    Ok(rows)
}

async fn room_of(mut conn: &Conn, room_id: RoomId) -> Result<Option<PlacedRoom>, Error> {
    let row = rooms::table
        .inner_join(studios::table.on(studios::id.eq(rooms::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(rooms::company_id)))
        .filter(rooms::id.eq(room_id))
        .filter(rooms::deleted_at.is_null())
        // Nothing new begins at a closed company.
        .filter(companies::closed.eq(false))
        .select((RoomRow::as_select(), studios::name, studios::time_zone, companies::country))
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(row)
}

/// How many of an add-on bookings use in an interval.
pub async fn uses_of(
    conn: &mut Conn,
    add_on_id: AddOnId,
    interval: Interval,
    now: Timestamp,
) -> Result<Vec<Use>, Error> {
    let rows: Vec<(jiff_diesel::Timestamp, jiff_diesel::Timestamp, i32)> = booking_add_ons::table
        .inner_join(bookings::table)
        .filter(booking_add_ons::add_on_id.eq(add_on_id))
        .filter(bookings::starts_at.lt(interval.end().to_diesel()))
        .filter(bookings::ends_at.gt(interval.start().to_diesel()))
        .filter(
            bookings::status
                .eq_any(["confirmed", "completed"])
                .or(bookings::status.eq("held").and(bookings::hold_expires_at.assume_not_null().gt(now.to_diesel()))),
        )
        .select((bookings::starts_at, bookings::ends_at, booking_add_ons::quantity))
        .load(conn)
        .await?;
    let used = |(start, end, quantity): (jiff_diesel::Timestamp, jiff_diesel::Timestamp, i32)| {
        Some(Use { interval: Interval::new(start.to_jiff(), end.to_jiff())?, quantity })
    };
    Ok(rows.into_iter().filter_map(used).collect())
}
