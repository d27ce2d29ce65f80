//! The table of photos.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{PhotoId, UserId};
use store::{Conn, Error};

use crate::schema::photos::{self, dsl};

/// A photo whose objects are about to be written.
pub async fn insert(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<PhotoId, Error> {
    let id = PhotoId::new();
    diesel::insert_into(photos::table)
        .values((
            dsl::id.eq(id),
            dsl::user_id.eq(user_id),
            dsl::state.eq("uploading"),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

pub async fn find_current(conn: &mut Conn, user_id: UserId) -> Result<Option<PhotoId>, Error> {
    let current = dsl::photos.filter(dsl::user_id.eq(user_id)).filter(dsl::state.eq("current"));
    Ok(current.select(dsl::id).first(conn).await.optional()?)
}

/// Whether anybody shows this photo.
pub async fn is_current(conn: &mut Conn, id: PhotoId) -> Result<bool, Error> {
    let current = dsl::photos.find(id).filter(dsl::state.eq("current"));
    Ok(diesel::select(diesel::dsl::exists(current)).get_result(conn).await?)
}

/// The objects are there; false when the row was swept in the meantime.
pub async fn make_current(conn: &mut Conn, id: PhotoId, now: Timestamp) -> Result<bool, Error> {
    let uploading = dsl::photos.find(id).filter(dsl::state.eq("uploading"));
    let values = (dsl::state.eq("current"), dsl::updated_at.eq(now.to_diesel()));
    Ok(diesel::update(uploading).set(values).execute(conn).await? == 1)
}

/// Shows the person's photo no more; true when there was one.
pub async fn discard_current(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<bool, Error> {
    let current = dsl::photos.filter(dsl::user_id.eq(user_id)).filter(dsl::state.eq("current"));
    let values = (dsl::state.eq("discarded"), dsl::updated_at.eq(now.to_diesel()));
    Ok(diesel::update(current).set(values).execute(conn).await? == 1)
}

/// Photos that nobody shows, and uploads that never ended, since before that instant; in the order of their ids.
pub async fn list_unused(
    conn: &mut Conn,
    before: Timestamp,
    (after, limit): (Option<PhotoId>, i64),
) -> Result<Vec<PhotoId>, Error> {
    let mut query = dsl::photos
        .filter(dsl::state.ne("current"))
        .filter(dsl::updated_at.le(before.to_diesel()))
        .order(dsl::id)
        .limit(limit)
        .select(dsl::id)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    Ok(query.load(conn).await?)
}

/// Takes an unused photo for removal; false when it is in use again, or gone.
pub async fn discard_unused(conn: &mut Conn, id: PhotoId) -> Result<bool, Error> {
    let unused = dsl::photos.find(id).filter(dsl::state.ne("current"));
    Ok(diesel::update(unused).set(dsl::state.eq("discarded")).execute(conn).await? == 1)
}

pub async fn delete(conn: &mut Conn, id: PhotoId) -> Result<(), Error> {
    diesel::delete(dsl::photos.find(id)).execute(conn).await?;
    Ok(())
}
