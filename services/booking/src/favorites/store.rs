//! Rows of favourites.

use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{StudioId, UserId};
use store::{Conn, Error};
use uuid::Uuid;

use crate::schema::{companies, favorites, studios};

/// One that is there already keeps its place.
pub async fn insert_favorite(
    conn: &mut Conn,
    user_id: UserId,
    studio_id: StudioId,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(favorites::table)
        .values((
            favorites::user_id.eq(user_id),
            favorites::studio_id.eq(studio_id),
            favorites::id.eq(kernel::new_uuid()),
            favorites::created_at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count_favorites(conn: &mut Conn, user_id: UserId) -> Result<i64, Error> {
    Ok(favorites::table.filter(favorites::user_id.eq(user_id)).count().get_result(conn).await?)
}

pub async fn delete_favorite(conn: &mut Conn, user_id: UserId, studio_id: StudioId) -> Result<(), Error> {
    diesel::delete(favorites::table.find((user_id, studio_id))).execute(conn).await?;
    Ok(())
}

/// The latest first.
pub async fn list_favorites(
    conn: &mut Conn,
    user_id: UserId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, StudioId)>, Error> {
    let rows = favorites::table
        .inner_join(studios::table.on(studios::id.eq(favorites::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(studios::company_id)))
        .filter(favorites::user_id.eq(user_id))
        .filter(favorites::id.lt(before.unwrap_or(Uuid::max())))
        .filter(studios::deleted_at.is_null())
        .filter(companies::closed.eq(false))
        .order(favorites::id.desc())
        .limit(limit)
        .select((favorites::id, favorites::studio_id))
        .load(conn)
        .await?;
    Ok(rows)
}

/// Forgets what a person liked.
pub async fn forget_favorites_of(conn: &mut Conn, user_id: UserId) -> Result<(), Error> {
    diesel::delete(favorites::table.filter(favorites::user_id.eq(user_id))).execute(conn).await?;
    Ok(())
}
