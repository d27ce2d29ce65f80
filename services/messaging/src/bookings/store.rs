//! Rows of bookings.

use ::store::{Conn, Error, sql::Prepare};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use kernel::BookingId;

use super::{BookingFacts, Occurred};
use crate::schema::bookings::{self, dsl};

/// Keeps the newest state. False for one that is older than what is known: what it tells is no longer so.
pub async fn remember(conn: &mut Conn, occurred: &Occurred) -> Result<bool, Error> {
    use diesel::query_dsl::methods::FilterDsl as _;

    let facts = serde_json::to_value(&occurred.facts).map_err(unreadable)?;
    diesel::insert_into(bookings::table)
        .values((dsl::booking_id.eq(occurred.booking_id), dsl::version.eq(occurred.version), dsl::facts.eq(facts)))
        .on_conflict(dsl::booking_id)
        .do_update()
        .set((dsl::version.eq(excluded(dsl::version)), dsl::facts.eq(excluded(dsl::facts))))
        .filter(dsl::version.lt(excluded(dsl::version)))
        .prepared()
        .execute(conn)
        .await?;
    let newest: i64 = dsl::bookings.find(occurred.booking_id).select(dsl::version).first(conn).await?;
    Ok(newest <= occurred.version)
}

pub async fn find(conn: &mut Conn, booking_id: BookingId) -> Result<Option<BookingFacts>, Error> {
    let facts: Option<serde_json::Value> =
        dsl::bookings.find(booking_id).select(dsl::facts).first(conn).await.optional()?;
    facts.map(serde_json::from_value).transpose().map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Query(diesel::result::Error::DeserializationError(Box::new(error)))
}
