//! The tables of second factors and recovery codes.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::UserId;
use store::{Conn, Error};

use super::model::OFFER_LIFETIME;
use crate::schema::{
    recovery_codes,
    totp_factors::{self, dsl},
};

/// A secret as it lies in the table: offered, or enrolled.
#[derive(Debug, Clone)]
pub struct Factor {
    pub sealed_secret: Vec<u8>,
    pub created_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    pub last_used_step: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = totp_factors, check_for_backend(diesel::pg::Pg))]
struct FactorRow {
    sealed_secret: Vec<u8>,
    created_at: jiff_diesel::Timestamp,
    confirmed_at: Option<jiff_diesel::Timestamp>,
    last_used_step: Option<i64>,
}

impl From<FactorRow> for Factor {
    fn from(row: FactorRow) -> Self {
        Self {
            sealed_secret: row.sealed_secret,
            created_at: row.created_at.to_jiff(),
            confirmed_at: row.confirmed_at.map(|at| at.to_jiff()),
            last_used_step: row.last_used_step,
        }
    }
}

pub async fn find(conn: &mut Conn, user_id: UserId) -> Result<Option<Factor>, Error> {
    let row: Option<FactorRow> =
        dsl::totp_factors.find(user_id).select(FactorRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Factor::from))
}

/// Locked, so that one code is not accepted by two requests at once.
pub async fn lock(conn: &mut Conn, user_id: UserId) -> Result<Option<Factor>, Error> {
    let query = dsl::totp_factors.find(user_id).select(FactorRow::as_select());
    let row: Option<FactorRow> = query.for_no_key_update().first(conn).await.optional()?;
    Ok(row.map(Factor::from))
}

/// Offers a secret in place of an earlier offer. Look first whether one is enrolled.
pub async fn offer(conn: &mut Conn, user_id: UserId, sealed_secret: &[u8], now: Timestamp) -> Result<(), Error> {
    let offer = (dsl::sealed_secret.eq(sealed_secret), dsl::created_at.eq(now.to_diesel()));
    diesel::insert_into(totp_factors::table)
        .values((dsl::user_id.eq(user_id), offer))
        .on_conflict(dsl::user_id)
        .do_update()
        .set(offer)
        .execute(conn)
        .await?;
    Ok(())
}

/// The offer is accepted with a code of this step.
pub async fn confirm(conn: &mut Conn, user_id: UserId, step: i64, now: Timestamp) -> Result<(), Error> {
    let confirmed = (dsl::confirmed_at.eq(now.to_diesel()), dsl::last_used_step.eq(step));
    diesel::update(dsl::totp_factors.find(user_id)).set(confirmed).execute(conn).await?;
    Ok(())
}

pub async fn set_last_used_step(conn: &mut Conn, user_id: UserId, step: i64) -> Result<(), Error> {
    diesel::update(dsl::totp_factors.find(user_id)).set(dsl::last_used_step.eq(step)).execute(conn).await?;
    Ok(())
}

/// With its recovery codes.
pub async fn delete(conn: &mut Conn, user_id: UserId) -> Result<(), Error> {
    diesel::delete(dsl::totp_factors.find(user_id)).execute(conn).await?;
    Ok(())
}

pub async fn replace_recovery_codes(conn: &mut Conn, user_id: UserId, hashes: &[Vec<u8>]) -> Result<(), Error> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user_id))).execute(conn).await?;
    let rows: Vec<_> = hashes
        .iter()
        .map(|hash| (recovery_codes::user_id.eq(user_id), recovery_codes::code_hash.eq(hash.as_slice())))
        .collect();
    diesel::insert_into(recovery_codes::table).values(rows).execute(conn).await?;
    Ok(())
}

/// True when it was there and unused; it is used now.
pub async fn use_recovery_code(conn: &mut Conn, user_id: UserId, hash: &[u8], now: Timestamp) -> Result<bool, Error> {
    let unused = recovery_codes::table.find((user_id, hash)).filter(recovery_codes::used_at.is_null());
    let used = diesel::update(unused).set(recovery_codes::used_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(used == 1)
}

pub async fn count_unused_recovery_codes(conn: &mut Conn, user_id: UserId) -> Result<i64, Error> {
    let unused =
        recovery_codes::table.filter(recovery_codes::user_id.eq(user_id)).filter(recovery_codes::used_at.is_null());
    Ok(unused.count().get_result(conn).await?)
}

/// Forgets offers that nobody took.
pub async fn delete_lapsed_offers(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let lapsed = dsl::totp_factors
        .filter(dsl::confirmed_at.is_null())
        .filter(dsl::created_at.le((now - OFFER_LIFETIME).to_diesel()));
    Ok(diesel::delete(lapsed).execute(conn).await?)
}
