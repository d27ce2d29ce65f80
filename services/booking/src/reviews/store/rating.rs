//! What reviews make of a studio's rating: the sum and the number of those that are shown. Each review knows whether it is
//! counted, so that nothing is counted twice, however often and by however many it is tried.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, dsl::sql, expression::SqlLiteral, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{ReviewId, StudioId};
use store::{Conn, Error};

use crate::schema::{reviews, studios};

/// Whoever changes what is shown of a studio's reviews holds it, also where the studio is gone.
pub async fn lock_rating(conn: &mut Conn, studio_id: StudioId) -> Result<(), Error> {
    let row = studios::table.find(studio_id).select(studios::id).for_no_key_update();
    let _: StudioId = row.first(conn).await?;
    Ok(())
}

/// In literals, so that the index of just these serves.
fn uncounted() -> SqlLiteral<sql_types::Bool> {
    sql("reviews.author = 'customer' AND NOT reviews.counted AND reviews.hidden_at IS NULL")
}

/// The studios with ratings that are shown and not counted yet.
pub async fn studios_to_count(conn: &mut Conn, now: Timestamp) -> Result<Vec<StudioId>, Error> {
    let shown = reviews::table.filter(uncounted()).filter(reviews::reveal_at.le(now.to_diesel()));
    Ok(shown.select(reviews::studio_id).distinct().load(conn).await?)
}

/// The instant of the next reveal that will change a rating.
pub async fn next_reveal(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let waiting = reviews::table.filter(uncounted()).order(reviews::reveal_at).select(reviews::reveal_at);
    let next: Option<jiff_diesel::Timestamp> = waiting.first(conn).await.optional()?;
    Ok(next.map(jiff_diesel::Timestamp::to_jiff))
}

/// Adds what is shown and not counted to the studio's rating. The rating is locked.
pub async fn count_shown(conn: &mut Conn, studio_id: StudioId, now: Timestamp) -> Result<(), Error> {
    let shown = reviews::table
        .filter(reviews::studio_id.eq(studio_id))
        .filter(uncounted())
        .filter(reviews::reveal_at.le(now.to_diesel()));
    let ratings: Vec<i16> =
        diesel::update(shown).set(reviews::counted.eq(true)).returning(reviews::rating).get_results(conn).await?;
    let sum = ratings.iter().copied().map(i64::from).sum();
    add(conn, studio_id, (sum, i64::try_from(ratings.len()).unwrap_or(i64::MAX))).await
}

/// The last thing of a transaction: it also takes the lock of the studio's search row.
async fn add(conn: &mut Conn, studio_id: StudioId, (sum, count): (i64, i64)) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    diesel::update(studios::table.find(studio_id))
        .set((
            studios::rating_sum.eq(studios::rating_sum + sum),
            studios::rating_count.eq(studios::rating_count + count),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a review out of sight and out of the rating; one that is hidden already stays as it is. The rating is locked.
pub async fn hide(conn: &mut Conn, id: ReviewId, now: Timestamp) -> Result<(), Error> {
    let open = reviews::table.find(id).filter(reviews::hidden_at.is_null());
    let row = open.select((reviews::studio_id, reviews::rating, reviews::counted));
    let found: Option<(StudioId, i16, bool)> = row.first(conn).await.optional()?;
    let Some((studio_id, rating, counted)) = found else { return Ok(()) };
    diesel::update(reviews::table.find(id))
        .set((reviews::hidden_at.eq(now.to_diesel()), reviews::counted.eq(false)))
        .execute(conn)
        .await?;
    if counted { add(conn, studio_id, (-i64::from(rating), -1)).await } else { Ok(()) }
}

/// Not counted yet: see [`count_shown`]. The rating is locked.
pub async fn show_again(conn: &mut Conn, id: ReviewId) -> Result<(), Error> {
    let none = None::<jiff_diesel::Timestamp>;
    diesel::update(reviews::table.find(id)).set(reviews::hidden_at.eq(none)).execute(conn).await?;
    Ok(())
}
