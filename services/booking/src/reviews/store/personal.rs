//! What reviews say by whom and of whom: handed out when somebody wants a copy, forgotten when they go.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{ReviewId, UserId};
use store::{Conn, Error};

use super::{ReviewRow, reports::ReportRow};
use crate::{
    reviews::model::{Report, Review},
    schema::{review_reports as reports, reviews},
};

/// What a person wrote, and what a company has said of them as far as they can read it; the newest first.
pub async fn list_of_person(
    conn: &mut Conn,
    user_id: UserId,
    now: Timestamp,
    (after, limit): (Option<ReviewId>, i64),
) -> Result<Vec<Review>, Error> {
    let is_shown = reviews::hidden_at.is_null().and(reviews::reveal_at.le(now.to_diesel()));
    let of_them = reviews::written_by.eq(user_id).or(reviews::customer_user_id.eq(user_id).and(is_shown));
    let mut query = reviews::table.filter(of_them).into_boxed();
    if let Some(after) = after {
        query = query.filter(reviews::id.lt(after));
    }
    let page = query.order(reviews::id.desc()).limit(limit).select(ReviewRow::as_select());
    let rows: Vec<ReviewRow> = page.load(conn).await?;
    Ok(rows.into_iter().map(Review::from).collect())
}

/// What a person reported, with the review it was about.
pub async fn list_reports_by(
    conn: &mut Conn,
    user_id: UserId,
    (after, limit): (Option<ReviewId>, i64),
) -> Result<Vec<(ReviewId, Report)>, Error> {
    let mut query = reports::table.filter(reports::reporter.eq(user_id)).into_boxed();
    if let Some(after) = after {
        query = query.filter(reports::review_id.lt(after));
    }
    let page = query.order(reports::review_id.desc()).limit(limit).select((reports::review_id, ReportRow::as_select()));
    let rows: Vec<(ReviewId, ReportRow)> = page.load(conn).await?;
    Ok(rows.into_iter().map(|(id, report)| (id, report.into())).collect())
}

/// What somebody who is gone has written, what was written of them and what was replied to them, is forgotten; the ratings
/// stay.
pub async fn forget_words_of(conn: &mut Conn, user_id: UserId) -> Result<(), Error> {
    let of_them = reviews::table.filter(reviews::written_by.eq(user_id).or(reviews::customer_user_id.eq(user_id)));
    diesel::update(of_them).set(reviews::words.eq(None::<String>)).execute(conn).await?;
    let replied = reviews::table.filter(reviews::customer_user_id.eq(user_id)).filter(reviews::reply.is_not_null());
    diesel::update(replied)
        .set((reviews::reply.eq(None::<String>), reviews::replied_at.eq(None::<jiff_diesel::Timestamp>)))
        .execute(conn)
        .await?;
    diesel::delete(reports::table.filter(reports::reporter.eq(user_id))).execute(conn).await?;
    Ok(())
}
