//! Links with which somebody takes over or pays for a booking. Only hashes of their tokens are kept.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{BookingId, UserId};
use store::{Conn, Error};

use crate::schema::booking_links as links;

#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub used_by: Option<UserId>,
}

pub async fn insert_link(
    conn: &mut Conn,
    token_hash: &[u8],
    booking_id: BookingId,
    created_by: Option<UserId>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(links::table)
        .values((
            links::token_hash.eq(token_hash),
            links::booking_id.eq(booking_id),
            links::created_by.eq(created_by),
            links::created_at.eq(now.to_diesel()),
            links::expires_at.eq(expires_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find_booking_of_link(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<BookingId>, Error> {
    Ok(links::table.find(token_hash).select(links::booking_id).first(conn).await.optional()?)
}

pub async fn find_link(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<Link>, Error> {
    let row: Option<(jiff_diesel::Timestamp, NullableTimestamp, Option<UserId>)> = links::table
        .find(token_hash)
        .select((links::expires_at, links::used_at, links::used_by))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(expires_at, used_at, used_by)| Link {
        expires_at: expires_at.to_jiff(),
        used_at: used_at.to_jiff(),
        used_by,
    }))
}

/// The caller holds the booking's lock.
pub async fn use_link(conn: &mut Conn, token_hash: &[u8], used_by: UserId, now: Timestamp) -> Result<(), Error> {
    diesel::update(links::table.find(token_hash))
        .set((links::used_at.eq(Some(now).to_diesel()), links::used_by.eq(Some(used_by))))
        .execute(conn)
        .await?;
    Ok(())
}
