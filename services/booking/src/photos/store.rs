//! The table of photos.

use std::collections::HashMap;

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, PhotoId, RoomId, StudioId};
use store::{Conn, Error};

use super::model::Photo;
use crate::schema::{room_photos, rooms};

const SHOWN: &str = "shown";

/// A photo whose objects are about to be written.
pub async fn insert_photo(conn: &mut Conn, room_id: RoomId, photo: Photo, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(room_photos::table)
        .values((
            room_photos::id.eq(photo.id),
            room_photos::room_id.eq(room_id),
            room_photos::state.eq("uploading"),
            room_photos::position.eq(0),
            room_photos::width.eq(photo.width),
            room_photos::height.eq(photo.height),
            room_photos::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The objects are there: shown last. False when the row was swept in the meantime. The room is locked.
pub async fn show_photo(conn: &mut Conn, id: PhotoId, position: i32, now: Timestamp) -> Result<bool, Error> {
    let uploading = room_photos::table.find(id).filter(room_photos::state.eq("uploading"));
    let values =
        (room_photos::state.eq(SHOWN), room_photos::position.eq(position), room_photos::updated_at.eq(now.to_diesel()));
    Ok(diesel::update(uploading).set(values).execute(conn).await? == 1)
}

/// By room, in the order they are shown.
pub async fn find_shown(conn: &mut Conn, rooms: &[RoomId]) -> Result<HashMap<RoomId, Vec<Photo>>, Error> {
    let rows: Vec<(RoomId, PhotoId, i32, i32)> = room_photos::table
        .filter(room_photos::room_id.eq_any(rooms))
        .filter(room_photos::state.eq(SHOWN))
        .order((room_photos::room_id, room_photos::position, room_photos::id))
        .select((room_photos::room_id, room_photos::id, room_photos::width, room_photos::height))
        .load(conn)
        .await?;
    let mut found: HashMap<RoomId, Vec<Photo>> = HashMap::new();
    for (room_id, id, width, height) in rows {
        found.entry(room_id).or_default().push(Photo { id, width, height });
    }
    Ok(found)
}

/// The first photo of each studio's first room that has any.
pub async fn find_covers(conn: &mut Conn, studios: &[StudioId]) -> Result<HashMap<StudioId, PhotoId>, Error> {
    let rows: Vec<(StudioId, PhotoId)> = room_photos::table
        .inner_join(rooms::table.on(rooms::id.eq(room_photos::room_id)))
        .filter(rooms::studio_id.eq_any(studios))
        .filter(room_photos::state.eq(SHOWN))
        .distinct_on(rooms::studio_id)
        .order((rooms::studio_id, rooms::id, room_photos::position, room_photos::id))
        .select((rooms::studio_id, room_photos::id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The place after the last one. The room is locked.
pub async fn next_position(conn: &mut Conn, room_id: RoomId) -> Result<i32, Error> {
    let shown = room_photos::table.filter(room_photos::room_id.eq(room_id)).filter(room_photos::state.eq(SHOWN));
    let last: Option<i32> =
        shown.order(room_photos::position.desc()).select(room_photos::position).first(conn).await.optional()?;
    Ok(last.map_or(0, |last| last + 1))
}

pub async fn count_shown(conn: &mut Conn, room_id: RoomId) -> Result<i64, Error> {
    let shown = room_photos::table.filter(room_photos::room_id.eq(room_id)).filter(room_photos::state.eq(SHOWN));
    Ok(shown.count().get_result(conn).await?)
}

/// The room is locked, and these are its shown photos.
pub async fn reorder_photos(conn: &mut Conn, order: &[PhotoId]) -> Result<(), Error> {
    for (position, id) in (0_i32..).zip(order) {
        let values = room_photos::position.eq(position);
        diesel::update(room_photos::table.find(*id)).set(values).execute(conn).await?;
    }
    Ok(())
}

/// The room of a shown photo, and whose it is.
pub async fn find_owner(conn: &mut Conn, id: PhotoId) -> Result<Option<(RoomId, CompanyId)>, Error> {
    let owner = room_photos::table
        .inner_join(rooms::table.on(rooms::id.eq(room_photos::room_id)))
        .filter(room_photos::id.eq(id))
        .filter(room_photos::state.eq(SHOWN))
        .select((rooms::id, rooms::company_id));
    Ok(owner.first(conn).await.optional()?)
}

/// Shows the photo no more; false where it was not shown.
pub async fn discard_photo(conn: &mut Conn, id: PhotoId, now: Timestamp) -> Result<bool, Error> {
    let shown = room_photos::table.find(id).filter(room_photos::state.eq(SHOWN));
    let values = (room_photos::state.eq("discarded"), room_photos::updated_at.eq(now.to_diesel()));
    Ok(diesel::update(shown).set(values).execute(conn).await? == 1)
}

/// Of rooms that are gone.
pub async fn discard_all(conn: &mut Conn, rooms: &[RoomId], now: Timestamp) -> Result<(), Error> {
    let shown = room_photos::table.filter(room_photos::room_id.eq_any(rooms)).filter(room_photos::state.eq(SHOWN));
    let values = (room_photos::state.eq("discarded"), room_photos::updated_at.eq(now.to_diesel()));
    diesel::update(shown).set(values).execute(conn).await?;
    Ok(())
}

/// Photos that nobody shows, and uploads that never ended, since before that instant; in the order of their ids.
pub async fn list_unused(
    conn: &mut Conn,
    before: Timestamp,
    (after, limit): (Option<PhotoId>, i64),
) -> Result<Vec<PhotoId>, Error> {
    let after = after.unwrap_or(PhotoId::from_uuid(uuid::Uuid::nil()));
    let unused = room_photos::table
        .filter(room_photos::state.ne(SHOWN))
        .filter(room_photos::updated_at.le(before.to_diesel()))
        .filter(room_photos::id.gt(after))
        .order(room_photos::id)
        .limit(limit)
        .select(room_photos::id);
    Ok(unused.load(conn).await?)
}

/// Takes an unused photo for removal; false when it is shown after all, or gone.
pub async fn discard_unused(conn: &mut Conn, id: PhotoId) -> Result<bool, Error> {
    let unused = room_photos::table.find(id).filter(room_photos::state.ne(SHOWN));
    Ok(diesel::update(unused).set(room_photos::state.eq("discarded")).execute(conn).await? == 1)
}

pub async fn delete_photo(conn: &mut Conn, id: PhotoId) -> Result<(), Error> {
    diesel::delete(room_photos::table.find(id)).execute(conn).await?;
    Ok(())
}
