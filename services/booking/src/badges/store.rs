//! Rows of badges.

use std::collections::HashMap;

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{StudioId, UserId};
use store::{Conn, Error};

use super::Badge;
use crate::schema::studio_badges;

/// By studio, in the order of the alphabet.
pub async fn find_badges(conn: &mut Conn, studios: &[StudioId]) -> Result<HashMap<StudioId, Vec<Badge>>, Error> {
    let rows: Vec<(StudioId, String)> = studio_badges::table
        .filter(studio_badges::studio_id.eq_any(studios))
        .order((studio_badges::studio_id, studio_badges::badge))
        .select((studio_badges::studio_id, studio_badges::badge))
        .load(conn)
        .await?;
    let mut found: HashMap<StudioId, Vec<Badge>> = HashMap::new();
    for (studio_id, badge) in rows {
        found.entry(studio_id).or_default().push(Badge::from_column(badge));
    }
    Ok(found)
}

/// One that it has already keeps its first grant.
pub async fn grant_badge(
    conn: &mut Conn,
    studio_id: StudioId,
    badge: &Badge,
    (by, now): (UserId, Timestamp),
) -> Result<(), Error> {
    diesel::insert_into(studio_badges::table)
        .values((
            studio_badges::studio_id.eq(studio_id),
            studio_badges::badge.eq(badge.as_str()),
            studio_badges::granted_by.eq(by),
            studio_badges::granted_at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// False where the studio does not have it.
pub async fn remove_badge(conn: &mut Conn, studio_id: StudioId, badge: &Badge) -> Result<bool, Error> {
    let theirs = studio_badges::table.find((studio_id, badge.as_str()));
    Ok(diesel::delete(theirs).execute(conn).await? == 1)
}
