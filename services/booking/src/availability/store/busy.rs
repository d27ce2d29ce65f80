//! What stands in the way of bookings in a window: other bookings, imported times, blackouts.

use std::{collections::HashSet, ops::Bound};

use diesel::{QueryableByName, data_types::PgTimestamp, sql_types};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{RoomId, StudioId};
use store::{Conn, Error};

use crate::interval::Interval;

/// diesel reads ranges of its own instants only: microseconds since the year 2000.
type PeriodRow = (Bound<PgTimestamp>, Bound<PgTimestamp>);

const YEAR_2000_MICROS: i64 = 946_684_800_000_000;

/// What occupies rooms in a window. A hold that has expired by `now` occupies nothing, whether or not anybody has written
/// that down yet.
pub async fn busy(
    conn: &Conn,
    rooms: &[RoomId],
    window: Interval,
    now: Timestamp,
) -> Result<Vec<(RoomId, Interval)>, Error> {
    let (taken, lapsed) = try_join!(occupied(conn, rooms, window), lapsed(conn, rooms, now))?;
    let lapsed: HashSet<(RoomId, Interval)> = lapsed.into_iter().collect();
    Ok(taken.into_iter().filter(|slot| !lapsed.contains(slot)).collect())
}

#[derive(QueryableByName)]
struct SlotRow {
    #[diesel(sql_type = sql_types::Uuid)]
    room_id: RoomId,
    #[diesel(sql_type = sql_types::Tstzrange)]
    period: PeriodRow,
}

impl SlotRow {
    fn slot(self) -> Option<(RoomId, Interval)> {
        Some((self.room_id, period(self.period)?))
    }
}

/// Read off one index, without the table: periods of a room never overlap, so there is one at most that begins before the
/// window and reaches into it.
async fn occupied(mut conn: &Conn, rooms: &[RoomId], window: Interval) -> Result<Vec<(RoomId, Interval)>, Error> {
    let rows: Vec<SlotRow> = diesel::sql_query(
        "SELECT o.room_id, o.period FROM unnest($1) AS w (id) CROSS JOIN LATERAL (
             (SELECT i.room_id, i.period FROM occupancies i
              WHERE i.active AND i.room_id = w.id AND lower(i.period) >= $2 AND lower(i.period) < $3)
             UNION ALL
             (SELECT i.room_id, i.period FROM occupancies i
              WHERE i.active AND i.room_id = w.id AND lower(i.period) < $2 ORDER BY lower(i.period) DESC LIMIT 1)
         ) o WHERE upper(o.period) > $2",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
    .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
    .bind::<sql_types::Timestamptz, _>(window.end().to_diesel())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().filter_map(SlotRow::slot).collect())
}

/// The few holds whose time is over and that nobody has swept yet.
async fn lapsed(mut conn: &Conn, rooms: &[RoomId], now: Timestamp) -> Result<Vec<(RoomId, Interval)>, Error> {
    let rows: Vec<SlotRow> = diesel::sql_query(
        "SELECT o.room_id, o.period FROM bookings b JOIN occupancies o ON o.booking_id = b.id
         WHERE b.status = 'held' AND b.hold_expires_at <= $2 AND o.active AND o.room_id = ANY ($1)",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().filter_map(SlotRow::slot).collect())
}

#[derive(QueryableByName)]
struct ClosedRow {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    room_id: Option<RoomId>,
    #[diesel(sql_type = sql_types::Tstzrange)]
    period: PeriodRow,
}

pub async fn blackouts_of_room(mut conn: &Conn, room_id: RoomId, window: Interval) -> Result<Vec<Interval>, Error> {
    let rows: Vec<ClosedRow> = diesel::sql_query(
        "SELECT p.room_id, p.period FROM rooms r JOIN blackout_periods p ON p.studio_id = r.studio_id
         WHERE r.id = $1 AND (p.room_id IS NULL OR p.room_id = r.id)
           AND upper(p.period) > $2 AND lower(p.period) < $3",
    )
    .bind::<sql_types::Uuid, _>(room_id)
    .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
    .bind::<sql_types::Timestamptz, _>(window.end().to_diesel())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| period(row.period)).collect())
}

/// With the room where only one is closed.
pub async fn blackouts_of_studio(
    mut conn: &Conn,
    studio_id: StudioId,
    window: Interval,
) -> Result<Vec<(Option<RoomId>, Interval)>, Error> {
    let rows: Vec<ClosedRow> = diesel::sql_query(
        "SELECT p.room_id, p.period FROM blackout_periods p
         WHERE p.studio_id = $1 AND upper(p.period) > $2 AND lower(p.period) < $3",
    )
    .bind::<sql_types::Uuid, _>(studio_id)
    .bind::<sql_types::Timestamptz, _>(window.start().to_diesel())
    .bind::<sql_types::Timestamptz, _>(window.end().to_diesel())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.room_id, period(row.period)?))).collect())
}

/// Periods are half-open, as the table's check demands.
fn period((start, end): PeriodRow) -> Option<Interval> {
    let instant = |PgTimestamp(micros)| Timestamp::from_microsecond(micros.saturating_add(YEAR_2000_MICROS)).ok();
    match (start, end) {
        (Bound::Included(start), Bound::Excluded(end)) => Interval::new(instant(start)?, instant(end)?),
        _ => None,
    }
}
