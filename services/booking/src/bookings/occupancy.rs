//! Rows of the one table that says when rooms are occupied. The caller holds the locks of the rooms.
//!
//! A booking has one row for each room of its footprint: its own rooms and those they stand for. The statements ask
//! the database what that is (`room_footprint`), after the locks.

use diesel::{ExpressionMethods, QueryDsl, QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, RoomId};
use store::{Conn, Error, sql::statement};

use super::model::Booking;
use crate::schema::occupancies;

/// What stands in the way of a booking.
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

/// The rooms of a booking, and until when each is kept free for it.
fn wanted(booking: &Booking) -> (Vec<RoomId>, Vec<jiff_diesel::Timestamp>) {
    booking.rooms().map(|room| (room.room_id, booking.occupied(room).end().to_diesel())).unzip()
}

/// What is in the way of a booking, other than the booking itself, in the order of ids: bookings, blackouts, and that a
/// room is gone.
pub async fn obstacles(conn: &mut Conn, booking: &Booking, now: Timestamp) -> Result<Vec<Obstacle>, Error> {
    let (rooms, untils) = wanted(booking);
    let rows: Vec<ObstacleRow> = diesel::sql_query(
        "SELECT CASE WHEN b.status = 'held' AND b.hold_expires_at <= $5 THEN b.id END AS lapsed
         FROM unnest($1, $2) AS wanted (booked, until)
         CROSS JOIN LATERAL room_footprint(wanted.booked) AS covered (room_id)
         JOIN occupancies o
           ON o.active AND o.room_id = covered.room_id AND o.period && tstzrange($3, wanted.until, '[)')
         LEFT JOIN bookings b ON b.id = o.booking_id
         WHERE o.booking_id IS DISTINCT FROM $4
         UNION
         SELECT NULL
         FROM unnest($1, $2) AS wanted (booked, until)
         CROSS JOIN LATERAL room_footprint(wanted.booked) AS covered (room_id)
         JOIN rooms r ON r.id = covered.room_id
         WHERE r.deleted_at IS NOT NULL OR EXISTS (
             SELECT FROM blackout_periods p
             WHERE p.studio_id = r.studio_id AND upper(p.period) > $3 AND lower(p.period) < wanted.until
               AND (p.room_id IS NULL OR p.room_id = r.id))
         ORDER BY lapsed",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(untils)
    .bind::<sql_types::Timestamptz, _>(booking.interval.start().to_diesel())
    .bind::<sql_types::Uuid, _>(booking.id)
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.lapsed.map_or(Obstacle::Occupied, Obstacle::LapsedHold)).collect())
}

/// Takes every slot of a new booking; false when something is in the way of one, and then some may have been taken.
/// May be one of several statements in flight.
pub async fn occupy_if_free(mut conn: &Conn, booking: &Booking) -> Result<bool, Error> {
    let (rooms, untils) = wanted(booking);
    let insert = statement::<sql_types::Bool>(
        "WITH wanted AS MATERIALIZED (
            SELECT covered.room_id, tstzrange(?, asked.until, '[)') AS period
            FROM unnest((SELECT ?), (SELECT ?)) AS asked (booked, until)
            CROSS JOIN LATERAL room_footprint(asked.booked) AS covered (room_id)
         ), taken AS (
            INSERT INTO occupancies (id, room_id, period, kind, booking_id, active)
            SELECT gen_random_uuid(), room_id, period, 'booking', ?, true FROM wanted ORDER BY room_id
            ON CONFLICT DO NOTHING RETURNING room_id
         )
         SELECT (SELECT count(*) FROM wanted) = (SELECT count(*) FROM taken)",
    );
    let is_taken = insert
        .bind::<sql_types::Timestamptz, _>(booking.interval.start().to_diesel())
        .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(untils)
        .bind::<sql_types::Uuid, _>(booking.id)
        .get_result(&mut conn)
        .await?;
    Ok(is_taken)
}

/// Takes the slots of a booking that had some before, or takes its first; those that are not its any more become
/// free. Nothing is in its way.
pub async fn occupy(conn: &mut Conn, booking: &Booking) -> Result<(), Error> {
    release(conn, booking.id).await?;
    let (rooms, untils) = wanted(booking);
    let upsert = statement::<()>(
        "INSERT INTO occupancies (id, room_id, period, kind, booking_id, active)
         SELECT gen_random_uuid(), covered.room_id, tstzrange(?, asked.until, '[)'), 'booking', ?, true
         FROM unnest((SELECT ?), (SELECT ?)) AS asked (booked, until)
         CROSS JOIN LATERAL room_footprint(asked.booked) AS covered (room_id)
         ORDER BY covered.room_id
         ON CONFLICT (booking_id, room_id) DO UPDATE SET active = true, period = excluded.period",
    );
    upsert
        .bind::<sql_types::Timestamptz, _>(booking.interval.start().to_diesel())
        .bind::<sql_types::Uuid, _>(booking.id)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(rooms)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(untils)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn release(conn: &mut Conn, booking_id: BookingId) -> Result<(), Error> {
    diesel::update(occupancies::table.filter(occupancies::booking_id.eq(booking_id)))
        .set(occupancies::active.eq(false))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets slots that a booking of this transaction has taken in part.
pub async fn undo(conn: &mut Conn, booking_id: BookingId) -> Result<(), Error> {
    diesel::delete(occupancies::table.filter(occupancies::booking_id.eq(booking_id))).execute(conn).await?;
    Ok(())
}
