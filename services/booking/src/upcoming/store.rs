//! Finding bookings that lie ahead.

use diesel::{
    QueryableByName,
    sql_types::{Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, RoomId, StudioId};
use store::{Conn, Error};

use super::model::Upcoming;
use crate::{bookings::model::Status, interval::Interval};

#[derive(QueryableByName)]
struct UpcomingRow {
    #[diesel(sql_type = Uuid)]
    id: BookingId,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Uuid)]
    room_id: RoomId,
    #[diesel(sql_type = Timestamptz)]
    starts_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Timestamptz)]
    ends_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Text)]
    time_zone: String,
}

/// All of a studio, or of one of its rooms, in the order of their starts. A hold that has expired is none. The statuses
/// are literals, so that the index of what lies ahead serves.
pub async fn list_upcoming(
    conn: &mut Conn,
    studio_id: StudioId,
    room_id: Option<RoomId>,
    now: Timestamp,
) -> Result<Vec<Upcoming>, Error> {
    let rows: Vec<UpcomingRow> = diesel::sql_query(
        "SELECT b.id, b.status, b.room_id, b.starts_at, b.ends_at, b.time_zone FROM bookings b
         WHERE b.studio_id = $1 AND b.ends_at > $3 AND b.status IN ('requested', 'held', 'confirmed')
           AND (b.status <> 'held' OR b.hold_expires_at > $3)
           AND (b.status <> 'requested' OR b.request_expires_at > $3)
           AND ($2 IS NULL OR b.room_id = $2
               OR b.further_rooms @> jsonb_build_array(jsonb_build_object('room_id', $4))
               OR EXISTS (SELECT FROM occupancies o WHERE o.booking_id = b.id AND o.room_id = $2 AND o.active))
         ORDER BY b.starts_at, b.id",
    )
    .bind::<Uuid, _>(studio_id)
    .bind::<Nullable<Uuid>, _>(room_id)
    .bind::<Timestamptz, _>(now.to_diesel())
    .bind::<Nullable<Text>, _>(room_id.map(|room_id| room_id.to_string()))
    .load(conn)
    .await?;
    Ok(rows.into_iter().filter_map(upcoming).collect())
}

/// Bookings that lie ahead in rooms that are gone: what a deletion told to cancel has not got to yet.
pub async fn list_left_behind(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<BookingId>, Error> {
    let rows: Vec<IdRow> = diesel::sql_query(
        // From the rooms, of which there are few, to their bookings: asked every few seconds.
        "WITH gone AS MATERIALIZED (SELECT id, studio_id FROM rooms WHERE deleted_at IS NOT NULL)
         SELECT b.id FROM gone r JOIN bookings b ON b.studio_id = r.studio_id
         WHERE b.ends_at > $1 AND b.status IN ('requested', 'held', 'confirmed')
           AND (b.room_id = r.id OR EXISTS (
               SELECT FROM occupancies o WHERE o.booking_id = b.id AND o.room_id = r.id AND o.active))
           AND (b.status <> 'held' OR b.hold_expires_at > $1)
           AND (b.status <> 'requested' OR b.request_expires_at > $1)
         ORDER BY b.starts_at, b.id LIMIT $2",
    )
    .bind::<Timestamptz, _>(now.to_diesel())
    .bind::<diesel::sql_types::BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Uuid)]
    id: BookingId,
}

fn upcoming(row: UpcomingRow) -> Option<Upcoming> {
    Some(Upcoming {
        id: row.id,
        status: Status::from_column(&row.status)?,
        room_id: row.room_id,
        interval: Interval::new(row.starts_at.to_jiff(), row.ends_at.to_jiff())?,
        time_zone: row.time_zone,
    })
}
