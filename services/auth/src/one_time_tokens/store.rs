//! The table of one-time tokens.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use kernel::{OneTimeTokenId, UserId};
use store::{Conn, Error};

use super::{OneTimeToken, Purpose};
use crate::schema::one_time_tokens::{self, dsl};

#[derive(Queryable, Selectable)]
#[diesel(table_name = one_time_tokens, check_for_backend(diesel::pg::Pg))]
struct TokenRow {
    id: OneTimeTokenId,
    user_id: UserId,
    expires_at: jiff_diesel::Timestamp,
    used_at: Option<jiff_diesel::Timestamp>,
    superseded_at: Option<jiff_diesel::Timestamp>,
}

impl From<TokenRow> for OneTimeToken {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            expires_at: row.expires_at.to_jiff(),
            used_at: row.used_at.map(|at| at.to_jiff()),
            superseded_at: row.superseded_at.map(|at| at.to_jiff()),
        }
    }
}

/// A token without a secret yet.
pub async fn insert(
    conn: &mut Conn,
    user_id: UserId,
    purpose: Purpose,
    now: Timestamp,
) -> Result<OneTimeTokenId, Error> {
    let id = OneTimeTokenId::new();
    diesel::insert_into(one_time_tokens::table)
        .values((
            dsl::id.eq(id),
            dsl::user_id.eq(user_id),
            dsl::purpose.eq(purpose.as_str()),
            dsl::created_at.eq(now.to_diesel()),
            dsl::expires_at.eq((now + purpose.lifetime()).to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// How many tokens for this purpose a user was given since then.
pub async fn count_since(conn: &mut Conn, user_id: UserId, purpose: Purpose, since: Timestamp) -> Result<i64, Error> {
    let recent = dsl::one_time_tokens
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::purpose.eq(purpose.as_str()))
        .filter(dsl::created_at.gt(since.to_diesel()));
    Ok(recent.count().get_result(conn).await?)
}

/// Whether a token for this purpose may still be used, minted or not.
pub async fn has_usable(conn: &mut Conn, user_id: UserId, purpose: Purpose, now: Timestamp) -> Result<bool, Error> {
    let usable = dsl::one_time_tokens
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::purpose.eq(purpose.as_str()))
        .filter(dsl::used_at.is_null())
        .filter(dsl::superseded_at.is_null())
        .filter(dsl::expires_at.gt(now.to_diesel()));
    Ok(diesel::select(diesel::dsl::exists(usable)).get_result(conn).await?)
}

/// Gives a usable token a new secret in place of the one before.
pub async fn set_secret(conn: &mut Conn, id: OneTimeTokenId, hash: &[u8], now: Timestamp) -> Result<bool, Error> {
    let usable = dsl::one_time_tokens
        .find(id)
        .filter(dsl::used_at.is_null())
        .filter(dsl::superseded_at.is_null())
        .filter(dsl::expires_at.gt(now.to_diesel()));
    Ok(diesel::update(usable).set(dsl::secret_hash.eq(hash)).execute(conn).await? == 1)
}

/// Whose token a secret is. To decide by it, lock the user and then [`lock_by_secret`].
pub async fn owner_of_secret(conn: &mut Conn, purpose: Purpose, hash: &[u8]) -> Result<Option<UserId>, Error> {
    let query = dsl::one_time_tokens.filter(dsl::secret_hash.eq(hash)).filter(dsl::purpose.eq(purpose.as_str()));
    Ok(query.select(dsl::user_id).first(conn).await.optional()?)
}

pub async fn lock_by_secret(conn: &mut Conn, purpose: Purpose, hash: &[u8]) -> Result<Option<OneTimeToken>, Error> {
    let query = dsl::one_time_tokens.filter(dsl::secret_hash.eq(hash)).filter(dsl::purpose.eq(purpose.as_str()));
    let row: Option<TokenRow> = query.select(TokenRow::as_select()).for_update().first(conn).await.optional()?;
    Ok(row.map(OneTimeToken::from))
}

pub async fn mark_used(conn: &mut Conn, id: OneTimeTokenId, now: Timestamp) -> Result<(), Error> {
    diesel::update(dsl::one_time_tokens.find(id)).set(dsl::used_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(())
}

/// The user's other tokens for this purpose work no more.
pub async fn supersede_all(conn: &mut Conn, user_id: UserId, purpose: Purpose, now: Timestamp) -> Result<(), Error> {
    let open = dsl::one_time_tokens
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::purpose.eq(purpose.as_str()))
        .filter(dsl::used_at.is_null())
        .filter(dsl::superseded_at.is_null());
    diesel::update(open).set(dsl::superseded_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(())
}

/// Forgets tokens that have been over for a week; until then a late click is told what happened.
pub async fn delete_old(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let before = now - SignedDuration::from_hours(7 * 24);
    let old = dsl::one_time_tokens.filter(dsl::expires_at.le(before.to_diesel()));
    Ok(diesel::delete(old).execute(conn).await?)
}
