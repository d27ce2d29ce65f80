//! Rows of the one table that says when rooms are occupied. The caller holds the room's lock.

use std::ops::Bound;

use diesel::{ExpressionMethods, Insertable, QueryDsl, QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, RoomId};
use store::{Conn, Error, sql::statement};
use uuid::Uuid;

use super::model::Booking;
use crate::{interval::Interval, schema::occupancies};

/// What stands in the way of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A hold whose time is over: it is expired, and gone.
    LapsedHold(BookingId),
    Occupied,
}

#[derive(QueryableByName)]
struct ObstacleRow {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    lapsed: Option<BookingId>,
}

/// What is in the way of a booking's period, other than the booking itself, in the order of ids: bookings, blackouts,
/// and that the room is gone.
pub async fn obstacles(
    conn: &mut Conn,
    room_id: RoomId,
    period: Interval,
    except: BookingId,
    now: Timestamp,
) -> Result<Vec<Obstacle>, Error> {
    let rows: Vec<ObstacleRow> = diesel::sql_query(
        "SELECT CASE WHEN b.status = 'held' AND b.hold_expires_at <= $5 THEN b.id END AS lapsed
         FROM occupancies o LEFT JOIN bookings b ON b.id = o.booking_id
         WHERE o.active AND o.room_id = $1 AND o.period && tstzrange($2, $3, '[)')
           AND o.booking_id IS DISTINCT FROM $4
         UNION ALL
         SELECT NULL FROM rooms r
         WHERE r.id = $1 AND (r.deleted_at IS NOT NULL OR EXISTS (
             SELECT FROM blackout_periods p
             WHERE p.studio_id = r.studio_id AND upper(p.period) > $2 AND lower(p.period) < $3
               AND (p.room_id IS NULL OR p.room_id = r.id)))
         ORDER BY lapsed",
    )
    .bind::<sql_types::Uuid, _>(room_id)
    .bind::<sql_types::Timestamptz, _>(period.start().to_diesel())
    .bind::<sql_types::Timestamptz, _>(period.end().to_diesel())
    .bind::<sql_types::Uuid, _>(except)
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.lapsed.map_or(Obstacle::Occupied, Obstacle::LapsedHold)).collect())
}

/// Takes the slot of a new booking; false when something is in its way. May be one of several statements in flight.
pub async fn occupy_if_free(mut conn: &Conn, booking: &Booking) -> Result<bool, Error> {
    let row = Row::from(booking);
    let insert = statement::<()>(
        "INSERT INTO occupancies (id, room_id, period, kind, booking_id, active) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT ON CONSTRAINT occupancies_no_overlap DO NOTHING",
    );
    let occupied = insert
        .bind::<sql_types::Uuid, _>(row.id)
        .bind::<sql_types::Uuid, _>(row.room_id)
        .bind::<sql_types::Tstzrange, _>(row.period)
        .bind::<sql_types::Text, _>(row.kind)
        .bind::<sql_types::Uuid, _>(row.booking_id)
        .bind::<sql_types::Bool, _>(row.active)
        .execute(&mut conn)
        .await?;
    Ok(occupied == 1)
}

/// Takes the slot of a booking that had one before, or takes its first. Nothing is in its way.
pub async fn occupy(conn: &mut Conn, booking: &Booking) -> Result<(), Error> {
    let row = Row::from(booking);
    diesel::insert_into(occupancies::table)
        .values(&row)
        .on_conflict((occupancies::booking_id, occupancies::room_id))
        .do_update()
        .set((occupancies::active.eq(true), occupancies::period.eq(row.period)))
        .execute(conn)
        .await?;
    Ok(())
}

type Period = (Bound<jiff_diesel::Timestamp>, Bound<jiff_diesel::Timestamp>);

#[derive(Insertable)]
#[diesel(table_name = occupancies)]
struct Row {
    id: Uuid,
    room_id: RoomId,
    period: Period,
    kind: &'static str,
    booking_id: BookingId,
    active: bool,
}

impl From<&Booking> for Row {
    fn from(booking: &Booking) -> Self {
        let period = booking.occupied();
        Self {
            id: kernel::new_uuid(),
            room_id: booking.room_id,
            period: (Bound::Included(period.start().to_diesel()), Bound::Excluded(period.end().to_diesel())),
            kind: "booking",
            booking_id: booking.id,
            active: true,
        }
    }
}

pub async fn release(conn: &mut Conn, booking_id: BookingId) -> Result<(), Error> {
    diesel::update(occupancies::table.filter(occupancies::booking_id.eq(booking_id)))
        .set(occupancies::active.eq(false))
        .execute(conn)
        .await?;
    Ok(())
}
