//! Rows of reviews.

mod personal;
mod rating;
mod reports;

pub use personal::{forget_words_of, list_of_person, list_reports_by};
pub use rating::{count_shown, hide, lock_rating, next_reveal, show_again, studios_to_count};
pub use reports::{
    ReportPosition, insert_decision, list_decisions_of, list_open_reports, list_reports_of, report, settle_reports,
};

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
    dsl::sql, sql_types,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{BookingId, CompanyId, ReviewId, StudioId, UserId};
use store::{Conn, Error};

use super::model::{Author, Reply, Review, Stars};
use crate::schema::reviews;

#[derive(Queryable, Selectable)]
#[diesel(table_name = reviews, check_for_backend(diesel::pg::Pg))]
struct ReviewRow {
    id: ReviewId,
    booking_id: BookingId,
    studio_id: StudioId,
    company_id: CompanyId,
    customer_user_id: UserId,
    author: String,
    written_by: UserId,
    rating: i16,
    words: Option<String>,
    reply: Option<String>,
    replied_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
    reveal_at: jiff_diesel::Timestamp,
    hidden_at: NullableTimestamp,
}

impl From<ReviewRow> for Review {
    fn from(row: ReviewRow) -> Self {
        let reply = row.reply.zip(row.replied_at.to_jiff());
        Self {
            id: row.id,
            booking_id: row.booking_id,
            studio_id: row.studio_id,
            company_id: row.company_id,
            customer_id: row.customer_user_id,
            author: Author::from_column(&row.author),
            written_by: row.written_by,
            stars: Stars::from_column(row.rating),
            words: row.words,
            reply: reply.map(|(words, replied_at)| Reply { words, replied_at }),
            created_at: row.created_at.to_jiff(),
            reveal_at: row.reveal_at.to_jiff(),
            hidden_at: row.hidden_at.to_jiff(),
        }
    }
}

pub async fn insert(conn: &mut Conn, review: &Review) -> Result<(), Error> {
    diesel::insert_into(reviews::table)
        .values((
            reviews::id.eq(review.id),
            reviews::booking_id.eq(review.booking_id),
            reviews::studio_id.eq(review.studio_id),
            reviews::company_id.eq(review.company_id),
            reviews::customer_user_id.eq(review.customer_id),
            reviews::author.eq(review.author.as_str()),
            reviews::written_by.eq(review.written_by),
            reviews::rating.eq(i16::from(review.stars)),
            reviews::words.eq(&review.words),
            reviews::created_at.eq(review.created_at.to_diesel()),
            reviews::reveal_at.eq(review.reveal_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Also one that is not shown: whoever asks decides what may be told of it.
pub async fn find(conn: &mut Conn, id: ReviewId) -> Result<Option<Review>, Error> {
    let found = reviews::table.find(id).select(ReviewRow::as_select());
    let row: Option<ReviewRow> = found.first(conn).await.optional()?;
    Ok(row.map(Review::from))
}

/// Two at most, the first written first.
pub async fn list_of_booking(conn: &mut Conn, booking_id: BookingId) -> Result<Vec<Review>, Error> {
    let of_it = reviews::table.filter(reviews::booking_id.eq(booking_id)).order(reviews::id);
    let rows: Vec<ReviewRow> = of_it.select(ReviewRow::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(Review::from).collect())
}

/// A place in a studio's list.
pub type Position = (Timestamp, ReviewId);

/// What customers say of a studio, as far as it is shown, newest first.
pub async fn list_shown(
    conn: &mut Conn,
    studio_id: StudioId,
    now: Timestamp,
    (after, limit): (Option<Position>, i64),
) -> Result<Vec<Review>, Error> {
    let mut query = reviews::table
        .filter(reviews::studio_id.eq(studio_id))
        .filter(sql::<sql_types::Bool>("reviews.author = 'customer'"))
        .filter(reviews::hidden_at.is_null())
        .filter(reviews::reveal_at.le(now.to_diesel()))
        .order((reviews::reveal_at.desc(), reviews::id.desc()))
        .limit(limit)
        .select(ReviewRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        let at = at.to_diesel();
        query = query.filter(reviews::reveal_at.lt(at).or(reviews::reveal_at.eq(at).and(reviews::id.lt(id))));
    }
    let rows: Vec<ReviewRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(Review::from).collect())
}

/// Both sides are in.
pub async fn reveal(conn: &mut Conn, booking_id: BookingId, now: Timestamp) -> Result<(), Error> {
    let waiting =
        reviews::table.filter(reviews::booking_id.eq(booking_id)).filter(reviews::reveal_at.gt(now.to_diesel()));
    diesel::update(waiting).set(reviews::reveal_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(())
}

/// `None` where there is a reply already, or where the review has just been hidden.
pub async fn reply(conn: &mut Conn, id: ReviewId, words: &str, now: Timestamp) -> Result<Option<Review>, Error> {
    let open = reviews::table.find(id).filter(reviews::reply.is_null()).filter(reviews::hidden_at.is_null());
    let row: Option<ReviewRow> = diesel::update(open)
        .set((reviews::reply.eq(words), reviews::replied_at.eq(now.to_diesel())))
        .returning(ReviewRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Review::from))
}
