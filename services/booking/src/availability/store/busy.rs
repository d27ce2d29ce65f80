//! What stands in the way of bookings in a window: other bookings, imported times, blackouts. What stands for other rooms
//! is in their way, and they in its: all are asked of a room's footprint.

use std::{
    collections::{HashMap, HashSet},
    ops::Bound,
};

use diesel::{QueryableByName, data_types::PgTimestamp, sql_types};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::RoomId;
use store::{Conn, Error};

use crate::interval::Interval;

/// diesel reads ranges of its own instants only: microseconds since the year 2000.
pub type PeriodRow = (Bound<PgTimestamp>, Bound<PgTimestamp>);

const YEAR_2000_MICROS: i64 = 946_684_800_000_000;

/// Periods are half-open, as the table's check demands.
pub fn period((start, end): PeriodRow) -> Option<Interval> {
    let instant = |PgTimestamp(micros)| Timestamp::from_microsecond(micros.saturating_add(YEAR_2000_MICROS)).ok();
    match (start, end) {
        (Bound::Included(start), Bound::Excluded(end)) => Interval::new(instant(start)?, instant(end)?),
        _ => None,
    }
}

/// By room.
#[derive(Debug, Default)]
pub struct Taken {
    pub busy: HashMap<RoomId, Vec<Interval>>,
    pub blackouts: HashMap<RoomId, Vec<Interval>>,
}

/// What is in the way of rooms in a window. A hold that has expired by `now` is not, whether or not anybody has written
/// that down yet.
pub async fn taken(conn: &Conn, rooms: &[RoomId], window: Interval, now: Timestamp) -> Result<Taken, Error> {
    let (occupied, lapsed, blackouts) =
        try_join!(occupied(conn, rooms, window), lapsed(conn, now), blackouts(conn, rooms, window))?;
    let mut taken = Taken::default();
    for SlotRow { asked, room_id, period: when } in occupied {
        if let Some(interval) = period(when).filter(|interval| !lapsed.contains(&(room_id, *interval))) {
            taken.busy.entry(asked).or_default().push(interval);
        }
    }
    for SlotRow { asked, period: when, .. } in blackouts {
        taken.blackouts.entry(asked).or_default().extend(period(when));
    }
    Ok(taken)
}

/// A period of a room that is in the way of the one that was asked about.
#[derive(QueryableByName)]
struct SlotRow {
    #[diesel(sql_type = sql_types::Uuid)]
    asked: RoomId,
    #[diesel(sql_type = sql_types::Uuid)]
    room_id: RoomId,
    #[diesel(sql_type = sql_types::Tstzrange)]
    period: PeriodRow,
}

/// Read off one index, without the table: periods of a room never overlap, so there is one at most that begins before the
/// window and reaches into it.
async fn occupied(mut conn: &Conn, rooms: &[RoomId], window: Interval) -> Result<Vec<SlotRow>, Error> {
    let rows = diesel::sql_query(
        "SELECT w.id AS asked, o.room_id, o.period
         FROM unnest($1) AS w (id) CROSS JOIN LATERAL room_footprint(w.id) AS f (id) CROSS JOIN LATERAL (
             (SELECT i.room_id, i.period FROM occupancies i
              WHERE i.active AND i.room_id = f.id AND lower(i.period) >= $2 AND lower(i.period) < $3)
             UNION ALL
             (SELECT i.room_id, i.period FROM occupancies i
              WHERE i.active AND i.room_id = f.id AND lower(i.period) < $2 ORDER BY lower(i.period) DESC LIMIT 1)
         ) o WHERE upper(o.period) > $2",
    );
    let rows = rows
        .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
        .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
        .bind::<sql_types::Timestamptz, _>(window.end().to_diesel());
    Ok(rows.load(&mut conn).await?)
}

async fn blackouts(mut conn: &Conn, rooms: &[RoomId], window: Interval) -> Result<Vec<SlotRow>, Error> {
    let rows = diesel::sql_query(
        "SELECT w.id AS asked, f.id AS room_id, p.period
         FROM unnest($1) AS w (id) CROSS JOIN LATERAL room_footprint(w.id) AS f (id)
         JOIN rooms r ON r.id = f.id JOIN blackout_periods p ON p.studio_id = r.studio_id
         WHERE (p.room_id IS NULL OR p.room_id = f.id) AND upper(p.period) > $2 AND lower(p.period) < $3",
    );
    let rows = rows
        .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
        .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
        .bind::<sql_types::Timestamptz, _>(window.end().to_diesel());
    Ok(rows.load(&mut conn).await?)
}

#[derive(QueryableByName)]
struct LapsedRow {
    #[diesel(sql_type = sql_types::Uuid)]
    room_id: RoomId,
    #[diesel(sql_type = sql_types::Tstzrange)]
    period: PeriodRow,
}

/// The few holds whose time is over and that nobody has swept yet.
async fn lapsed(mut conn: &Conn, now: Timestamp) -> Result<HashSet<(RoomId, Interval)>, Error> {
    let rows: Vec<LapsedRow> = diesel::sql_query(
        "SELECT o.room_id, o.period FROM bookings b JOIN occupancies o ON o.booking_id = b.id AND o.active
         WHERE b.status = 'held' AND b.hold_expires_at <= $1",
    )
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.room_id, period(row.period)?))).collect())
}
