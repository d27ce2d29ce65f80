//! The table of requests that wait to be decided.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use super::Asked;
use crate::{
    columns::check,
    schema::intake::{self, dsl},
};

/// What cannot be decided in a day never will be.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

pub async fn insert(conn: &mut Conn, asked: &Asked, now: Timestamp) -> Result<i64, Error> {
    let request = check(serde_json::to_value(asked))?;
    let row = (dsl::request.eq(request), dsl::asked_at.eq(now.to_diesel()));
    Ok(diesel::insert_into(intake::table).values(row).returning(dsl::id).get_result(conn).await?)
}

/// Takes a request out of the table. Whoever comes second waits for the first, and finds nothing unless that failed.
pub async fn take(conn: &mut Conn, id: i64) -> Result<Option<Asked>, Error> {
    let request: Option<Value> =
        diesel::delete(dsl::intake.find(id)).returning(dsl::request).get_result(conn).await.optional()?;
    request.map(|request| check(serde_json::from_value(request))).transpose()
}

/// The oldest requests first.
pub async fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<i64>, Error> {
    Ok(dsl::intake.order(dsl::id).limit(limit).select(dsl::id).load(conn).await?)
}

pub async fn delete_old(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let old = dsl::intake.filter(dsl::asked_at.le((now - KEPT).to_diesel()));
    Ok(diesel::delete(old).execute(conn).await?)
}
