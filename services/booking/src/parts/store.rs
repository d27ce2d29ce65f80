//! Rows of what rooms stand for.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, dsl::exists, select};
use diesel_async::RunQueryDsl;
use kernel::{RoomId, StudioId};
use store::{Conn, Error};

use super::model::{Candidate, StandsFor};
use crate::{
    schema::{room_parts, rooms},
    studios::store::lock_studio,
};

pub async fn find_studio_of(conn: &mut Conn, room_id: RoomId) -> Result<Option<StudioId>, Error> {
    Ok(rooms::table.find(room_id).select(rooms::studio_id).first(conn).await.optional()?)
}

pub async fn find(conn: &mut Conn, room_id: RoomId) -> Result<Option<StandsFor>, Error> {
    let column: Option<String> = rooms::table.find(room_id).select(rooms::stands_for).first(conn).await.optional()?;
    let Some(column) = column else { return Ok(None) };
    if column == StandsFor::Studio.as_str() {
        return Ok(Some(StandsFor::Studio));
    }
    let parts = room_parts::table.filter(room_parts::room_id.eq(room_id)).select(room_parts::part_id);
    Ok(Some(StandsFor::rooms(parts.load(conn).await?)))
}

/// The rooms of a studio, all of them locked in the order of their ids.
pub async fn lock_rooms_of(conn: &mut Conn, studio_id: StudioId) -> Result<Vec<Candidate>, Error> {
    lock_studio(conn, studio_id).await?;
    let rows: Vec<(RoomId, String)> = rooms::table
        .filter(rooms::studio_id.eq(studio_id))
        .filter(rooms::deleted_at.is_null())
        .order(rooms::id)
        .select((rooms::id, rooms::stands_for))
        .for_no_key_update()
        .load(conn)
        .await?;
    let candidate = |(room_id, stands_for): (RoomId, String)| Candidate {
        room_id,
        stands_for_others: stands_for != StandsFor::Itself.as_str(),
    };
    Ok(rows.into_iter().map(candidate).collect())
}

/// The rooms that stand for a whole studio, locked with it: what is added to the studio waits for their bookings.
pub async fn lock_whole_rooms(conn: &mut Conn, studio_id: StudioId) -> Result<Vec<RoomId>, Error> {
    lock_studio(conn, studio_id).await?;
    let whole = rooms::table
        .filter(rooms::studio_id.eq(studio_id))
        .filter(rooms::deleted_at.is_null())
        .filter(rooms::stands_for.eq(StandsFor::Studio.as_str()))
        .order(rooms::id)
        .select(rooms::id)
        .for_no_key_update()
        .load(conn)
        .await?;
    Ok(whole)
}

pub async fn is_part(conn: &mut Conn, room_id: RoomId) -> Result<bool, Error> {
    let parts = room_parts::table.filter(room_parts::part_id.eq(room_id));
    Ok(select(exists(parts)).get_result(conn).await?)
}

/// The caller holds the locks of the studio's rooms.
pub async fn save(conn: &mut Conn, room_id: RoomId, stands_for: &StandsFor) -> Result<(), Error> {
    diesel::delete(room_parts::table.filter(room_parts::room_id.eq(room_id))).execute(conn).await?;
    let rows: Vec<_> = stands_for
        .parts()
        .iter()
        .map(|part_id| (room_parts::room_id.eq(room_id), room_parts::part_id.eq(*part_id)))
        .collect();
    diesel::insert_into(room_parts::table).values(rows).execute(conn).await?;
    diesel::update(rooms::table.find(room_id))
        .set((rooms::stands_for.eq(stands_for.as_str()), rooms::version.eq(rooms::version + 1)))
        .execute(conn)
        .await?;
    Ok(())
}
