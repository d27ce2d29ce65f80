//! Reading a room's calendar: its rules and prices, what occupies it, and how many of its add-ons are in use.
//!
//! What belongs together is asked in one flight: the statements are sent at once and answered in order, so that a
//! booking waits for the database once before it takes the room's lock.

use std::ops::Bound;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension,
    PgExpressionMethods, PgRangeExpressionMethods, QueryDsl, QueryableByName, SelectableHelper,
    data_types::PgTimestamp, dsl::sql, sql_types,
};
use diesel_async::RunQueryDsl;
use futures_util::{future::try_join_all, try_join};
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, BookingId, RoomId};
use store::{Conn, Error};

use super::model::{RoomCalendar, Use};
use crate::{
    hours::store::hours_of_room,
    interval::Interval,
    local_time,
    prices::{model::PriceList, store::price_list_of_room},
    rooms::{model::Room, store::RoomRow},
    schema::{booking_add_ons, bookings, companies, occupancies, rooms, studios},
};

/// A room with what it takes to book it.
#[derive(Debug)]
pub struct Bookable {
    pub calendar: RoomCalendar,
    pub prices: Option<PriceList>,
}

/// `None` when one of the rooms is not there.
pub async fn find_bookables(conn: &mut Conn, room_ids: &[RoomId]) -> Result<Option<Vec<Bookable>>, Error> {
    let conn: &Conn = conn;
    let rooms = try_join_all(room_ids.iter().map(|room_id| bookable(conn, *room_id))).await?;
    Ok(rooms.into_iter().collect())
}

/// Rooms with what occupies each of them in a window.
pub type BookablesAndBusy = (Vec<Bookable>, Vec<Vec<Interval>>);

/// The same with what occupies the rooms in a window.
pub async fn find_bookables_and_busy(
    conn: &mut Conn,
    room_ids: &[RoomId],
    window: Interval,
    now: Timestamp,
) -> Result<Option<BookablesAndBusy>, Error> {
    let conn: &Conn = conn;
    let each = room_ids.iter().map(|id| async move { try_join!(bookable(conn, *id), busy(conn, *id, window, now)) });
    let found = try_join_all(each).await?;
    Ok(found.into_iter().map(|(room, busy)| Some((room?, busy))).collect())
}

#[derive(QueryableByName)]
struct Overlap {
    #[diesel(sql_type = sql_types::Bool)]
    overlap: bool,
}

/// True when using all the rooms would use some room twice: one of them stands for another.
pub async fn rooms_overlap(conn: &mut Conn, room_ids: &[RoomId]) -> Result<bool, Error> {
    let overlap: Overlap = diesel::sql_query(
        "SELECT count(*) > count(DISTINCT covered.id) AS overlap
         FROM unnest($1) AS asked (id), room_footprint(asked.id) AS covered (id)",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(room_ids.to_vec())
    .get_result(conn)
    .await?;
    Ok(overlap.overlap)
}

async fn bookable(conn: &Conn, room_id: RoomId) -> Result<Option<Bookable>, Error> {
    let (room, hours, prices) =
        try_join!(room_of(conn, room_id), hours_of_room(conn, room_id), price_list_of_room(conn, room_id))?;
    let Some((room, studio_name, time_zone, company_country)) = room else { return Ok(None) };
    let zone = local_time::stored_zone(&time_zone);
    let calendar = RoomCalendar { room: Room::from(room), studio_name, company_country, time_zone, zone, hours };
    Ok(Some(Bookable { calendar, prices }))
}

async fn room_of(mut conn: &Conn, room_id: RoomId) -> Result<Option<(RoomRow, String, String, String)>, Error> {
    let row = rooms::table
        .inner_join(studios::table.on(studios::id.eq(rooms::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(rooms::company_id)))
        .filter(rooms::id.eq(room_id))
        // Nothing new begins at a closed company.
        .filter(companies::closed.eq(false))
        .select((RoomRow::as_select(), studios::name, studios::time_zone, companies::country))
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(row)
}

/// diesel reads ranges of its own instants only: microseconds since the year 2000.
pub type PeriodRow = (Bound<PgTimestamp>, Bound<PgTimestamp>);

const YEAR_2000_MICROS: i64 = 946_684_800_000_000;

/// What occupies a room in a window. A hold that has expired by `now` occupies nothing, whether or not anybody has
/// written that down yet.
async fn busy(mut conn: &Conn, room_id: RoomId, window: Interval, now: Timestamp) -> Result<Vec<Interval>, Error> {
    let window = (Bound::Included(window.start().to_diesel()), Bound::Excluded(window.end().to_diesel()));
    let counts = bookings::status
        .nullable()
        .is_distinct_from("held")
        .or(bookings::hold_expires_at.nullable().gt(Some(now).to_diesel()));
    let rows: Vec<PeriodRow> = occupancies::table
        .left_join(bookings::table.on(bookings::id.nullable().eq(occupancies::booking_id)))
        .filter(occupancies::active)
        // Also what stands for the room, and what the room stands for: their bookings occupy both.
        .filter(
            sql::<sql_types::Bool>("occupancies.room_id IN (SELECT covered.id FROM room_footprint(")
                .bind::<sql_types::Uuid, _>(room_id)
                .sql(") AS covered (id))"),
        )
        .filter(occupancies::period.overlaps_with(window))
        .filter(counts)
        .select(occupancies::period)
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().filter_map(period).collect())
}

/// Periods are half-open, as the table's check demands.
pub fn period((start, end): PeriodRow) -> Option<Interval> {
    let instant = |PgTimestamp(micros)| Timestamp::from_microsecond(micros.saturating_add(YEAR_2000_MICROS)).ok();
    match (start, end) {
        (Bound::Included(start), Bound::Excluded(end)) => Interval::new(instant(start)?, instant(end)?),
        _ => None,
    }
}

/// How many of an add-on other bookings use in an interval.
pub async fn uses_of(
    conn: &mut Conn,
    add_on_id: AddOnId,
    interval: Interval,
    except: Option<BookingId>,
    now: Timestamp,
) -> Result<Vec<Use>, Error> {
    let rows: Vec<(jiff_diesel::Timestamp, jiff_diesel::Timestamp, i32)> = booking_add_ons::table
        .inner_join(bookings::table)
        .filter(booking_add_ons::add_on_id.eq(add_on_id))
        .filter(bookings::id.nullable().is_distinct_from(except))
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
