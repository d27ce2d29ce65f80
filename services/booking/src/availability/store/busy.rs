//! What stands in the way of bookings in a window: other bookings, imported times, blackouts. What stands for other rooms
//! is in their way, and they in its: all are asked of a room's footprint.

use std::{
    collections::{HashMap, HashSet},
    ops::Bound,
};

use diesel::{Queryable, data_types::PgTimestamp, sql_types};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::RoomId;
use store::{Conn, Error, sql::statement};

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
#[derive(Queryable)]
struct SlotRow {
    asked: RoomId,
    room_id: RoomId,
    period: PeriodRow,
}

type Slot = (sql_types::Uuid, sql_types::Uuid, sql_types::Tstzrange);

/// Read off one index, without the table: periods of a room never overlap, so there is one at most that begins before the
/// window and reaches into it.
async fn occupied(mut conn: &Conn, rooms: &[RoomId], window: Interval) -> Result<Vec<SlotRow>, Error> {
    let (start, end) = (window.start().to_diesel(), window.end().to_diesel());
    let rows = statement::<Slot>(
        "SELECT w.id, o.room_id, o.period
         FROM unnest((SELECT ?)) AS w (id) CROSS JOIN LATERAL room_footprint(w.id) AS f (id) CROSS JOIN LATERAL (
             (SELECT i.room_id, i.period FROM occupancies i
              WHERE i.active AND i.room_id = f.id AND lower(i.period) >= ? AND lower(i.period) < ?)
             UNION ALL
             (SELECT i.room_id, i.period FROM occupancies i
              WHERE i.active AND i.room_id = f.id AND lower(i.period) < ? ORDER BY lower(i.period) DESC LIMIT 1)
         ) o WHERE upper(o.period) > ?",
    );
    let rows = rows
        .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms.to_vec())
        .bind::<sql_types::Timestamptz, _>(start)
        .bind::<sql_types::Timestamptz, _>(end)
        .bind::<sql_types::Timestamptz, _>(start)
        .bind::<sql_types::Timestamptz, _>(start);
    Ok(rows.load(&mut conn).await?)
}

async fn blackouts(mut conn: &Conn, rooms: &[RoomId], window: Interval) -> Result<Vec<SlotRow>, Error> {
    let rows = statement::<Slot>(
        "SELECT w.id, f.id, p.period
         FROM unnest((SELECT ?)) AS w (id) CROSS JOIN LATERAL room_footprint(w.id) AS f (id)
         JOIN rooms r ON r.id = f.id JOIN blackout_periods p ON p.studio_id = r.studio_id
         WHERE (p.room_id IS NULL OR p.room_id = f.id) AND upper(p.period) > ? AND lower(p.period) < ?",
    );
    let rows = rows
        .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms.to_vec())
        .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
        .bind::<sql_types::Timestamptz, _>(window.end().to_diesel());
    Ok(rows.load(&mut conn).await?)
}

/// The few holds whose time is over and that nobody has swept yet.
async fn lapsed(mut conn: &Conn, now: Timestamp) -> Result<HashSet<(RoomId, Interval)>, Error> {
    let rows: Vec<(RoomId, PeriodRow)> = statement::<(sql_types::Uuid, sql_types::Tstzrange)>(
        "SELECT o.room_id, o.period FROM bookings b JOIN occupancies o ON o.booking_id = b.id AND o.active
         WHERE b.status = 'held' AND b.hold_expires_at <= ?",
    )
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().filter_map(|(room_id, when)| Some((room_id, period(when)?))).collect())
}
