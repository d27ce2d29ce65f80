//! The table of signing keys.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use store::{Conn, Error};

use super::{
    PublicKey,
    model::{FreshKey, KeyState},
};
use crate::schema::signing_keys::{self, dsl};

/// A private key as it lies in the table.
pub struct SealedKey {
    pub kid: String,
    pub sealed: Vec<u8>,
}

/// One writer at a time; readers are not disturbed. Ends with the transaction.
pub async fn lock_table(conn: &mut Conn) -> Result<(), Error> {
    diesel::sql_query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE").execute(conn).await?;
    Ok(())
}

pub async fn find_active(conn: &mut Conn) -> Result<Option<SealedKey>, Error> {
    let row: Option<(String, Vec<u8>)> = dsl::signing_keys
        .filter(dsl::state.eq(KeyState::Active.as_str()))
        .select((dsl::kid, dsl::sealed_private_key))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(kid, sealed)| SealedKey { kid, sealed }))
}

/// The key that will sign after the active one.
pub async fn find_next(conn: &mut Conn) -> Result<Option<String>, Error> {
    let next = dsl::signing_keys.filter(dsl::state.eq(KeyState::Next.as_str()));
    Ok(next.select(dsl::kid).first(conn).await.optional()?)
}

/// Everything a token may be signed with, oldest first.
pub async fn list_published(conn: &mut Conn) -> Result<Vec<PublicKey>, Error> {
    let rows: Vec<(String, Vec<u8>)> =
        dsl::signing_keys.order((dsl::created_at, dsl::kid)).select((dsl::kid, dsl::public_key)).load(conn).await?;
    Ok(rows.into_iter().map(|(kid, bytes)| PublicKey { kid, bytes }).collect())
}

pub async fn insert(
    conn: &mut Conn,
    key: &FreshKey,
    sealed: &[u8],
    state: KeyState,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(signing_keys::table)
        .values((
            dsl::kid.eq(&key.public.kid),
            dsl::state.eq(state.as_str()),
            dsl::public_key.eq(&key.public.bytes),
            dsl::sealed_private_key.eq(sealed),
            dsl::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The active key retires.
pub async fn retire_active(conn: &mut Conn, retires_at: Timestamp) -> Result<usize, Error> {
    let active = dsl::signing_keys.filter(dsl::state.eq(KeyState::Active.as_str()));
    let retired = (dsl::state.eq(KeyState::Retiring.as_str()), dsl::retires_at.eq(retires_at.to_diesel()));
    Ok(diesel::update(active).set(retired).execute(conn).await?)
}

/// The next key becomes the active one.
pub async fn activate_next(conn: &mut Conn) -> Result<usize, Error> {
    let next = dsl::signing_keys.filter(dsl::state.eq(KeyState::Next.as_str()));
    Ok(diesel::update(next).set(dsl::state.eq(KeyState::Active.as_str())).execute(conn).await?)
}

pub async fn delete(conn: &mut Conn, kid: &str) -> Result<usize, Error> {
    Ok(diesel::delete(dsl::signing_keys.find(kid)).execute(conn).await?)
}

pub async fn delete_retired(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let over = dsl::signing_keys.filter(dsl::retires_at.le(now.to_diesel()));
    Ok(diesel::delete(over).execute(conn).await?)
}
