//! Reading a room's calendar: its rules, what occupies it, and how many of its add-ons are in use.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    QueryableByName, SelectableHelper, sql_types,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, RoomId};
use store::{Conn, Error};

use super::model::{RoomCalendar, Use};
use crate::{
    hours::store::find_hours,
    interval::Interval,
    local_time,
    rooms::{model::Room, store::RoomRow},
    schema::{booking_add_ons, bookings, companies, rooms, studios},
};

pub async fn find_calendar(conn: &mut Conn, room_id: RoomId) -> Result<Option<RoomCalendar>, Error> {
    let row: Option<(RoomRow, String, String, String)> = rooms::table
        .inner_join(studios::table.on(studios::id.eq(rooms::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(rooms::company_id)))
        .filter(rooms::id.eq(room_id))
        .select((RoomRow::as_select(), studios::name, studios::time_zone, companies::country))
        .first(conn)
        .await
        .optional()?;
    let Some((room, studio_name, time_zone, company_country)) = row else { return Ok(None) };
    let room = Room::from(room);
    let hours = find_hours(conn, room.studio_id).await?;
    let zone = local_time::stored_zone(&time_zone);
    Ok(Some(RoomCalendar { room, studio_name, company_country, time_zone, zone, hours }))
}

#[derive(QueryableByName)]
struct Busy {
    #[diesel(sql_type = sql_types::Timestamptz)]
    starts_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = sql_types::Timestamptz)]
    ends_at: jiff_diesel::Timestamp,
}

/// What occupies a room in a window. A hold that has expired by `now` occupies nothing, whether or not anybody has
/// written that down yet.
pub async fn busy_periods(
    conn: &mut Conn,
    room_id: RoomId,
    window: Interval,
    now: Timestamp,
) -> Result<Vec<Interval>, Error> {
    let rows: Vec<Busy> = diesel::sql_query(
        "SELECT lower(o.period) AS starts_at, upper(o.period) AS ends_at
         FROM occupancies o LEFT JOIN bookings b ON b.id = o.booking_id
         WHERE o.active AND o.room_id = $1 AND o.period && tstzrange($2, $3, '[)')
           AND (b.status IS DISTINCT FROM 'held' OR b.hold_expires_at > $4)",
    )
    .bind::<sql_types::Uuid, _>(room_id)
    .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
    .bind::<sql_types::Timestamptz, _>(window.end().to_diesel())
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .load(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Interval::new(row.starts_at.to_jiff(), row.ends_at.to_jiff())).collect())
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
