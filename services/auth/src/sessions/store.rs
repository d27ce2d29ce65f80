//! The tables of sessions and refresh tokens.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use kernel::{SessionId, UserId};
use store::{Conn, Error};

use super::{Authentication, Device, EndReason, Session, family::Presented, model};
use crate::{
    columns::parse,
    schema::{
        refresh_tokens,
        sessions::{self, dsl},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
struct SessionRow {
    id: SessionId,
    user_id: UserId,
    generation: i64,
    version: i64,
    user_agent: String,
    address: Option<String>,
    created_at: jiff_diesel::Timestamp,
    last_used_at: jiff_diesel::Timestamp,
    expires_at: jiff_diesel::Timestamp,
    end_reason: Option<String>,
    authentication: String,
}

impl SessionRow {
    fn into_session(self) -> Result<Session, Error> {
        Ok(Session {
            id: self.id,
            user_id: self.user_id,
            generation: self.generation,
            version: self.version,
            user_agent: self.user_agent,
            address: self.address,
            created_at: self.created_at.to_jiff(),
            last_used_at: self.last_used_at.to_jiff(),
            expires_at: self.expires_at.to_jiff(),
            ended: self.end_reason.as_deref().map(parse).transpose()?,
            authentication: parse(&self.authentication)?,
        })
    }
}

/// A new session without tokens.
pub async fn insert(
    conn: &mut Conn,
    user_id: UserId,
    authentication: Authentication,
    device: &Device,
    now: Timestamp,
) -> Result<Session, Error> {
    let row: SessionRow = diesel::insert_into(sessions::table)
        .values((
            dsl::id.eq(SessionId::new()),
            dsl::user_id.eq(user_id),
            dsl::generation.eq(1),
            dsl::version.eq(1),
            dsl::authentication.eq(authentication.as_str()),
            dsl::user_agent.eq(&device.user_agent),
            dsl::address.eq(device.address.as_deref()),
            dsl::created_at.eq(now.to_diesel()),
            dsl::last_used_at.eq(now.to_diesel()),
            dsl::expires_at.eq(model::expiry(now, now).to_diesel()),
        ))
        .returning(SessionRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_session()
}

pub async fn insert_token(conn: &mut Conn, session_id: SessionId, generation: i64, hash: &[u8]) -> Result<(), Error> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(hash),
            refresh_tokens::session_id.eq(session_id),
            refresh_tokens::generation.eq(generation),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whose token this is. To decide by it, lock the session and then read [`find_token`].
pub async fn family_of_token(conn: &mut Conn, hash: &[u8]) -> Result<Option<SessionId>, Error> {
    Ok(refresh_tokens::table.find(hash).select(refresh_tokens::session_id).first(conn).await.optional()?)
}

pub async fn find_token(conn: &mut Conn, hash: &[u8]) -> Result<Option<Presented>, Error> {
    let row: Option<(i64, Option<jiff_diesel::Timestamp>)> = refresh_tokens::table
        .find(hash)
        .select((refresh_tokens::generation, refresh_tokens::used_at))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(generation, used_at)| Presented { generation, used_at: used_at.map(|at| at.to_jiff()) }))
}

/// Locks a family until the end of the transaction: its tokens are exchanged one at a time.
pub async fn lock(conn: &mut Conn, id: SessionId) -> Result<Option<Session>, Error> {
    let query = dsl::sessions.find(id).select(SessionRow::as_select());
    let row = query.for_no_key_update().first(conn).await.optional()?;
    row.map(SessionRow::into_session).transpose()
}

/// The same, of this user only.
pub async fn lock_of_user(conn: &mut Conn, user_id: UserId, id: SessionId) -> Result<Option<Session>, Error> {
    let query = dsl::sessions.find(id).filter(dsl::user_id.eq(user_id)).select(SessionRow::as_select());
    let row = query.for_no_key_update().first(conn).await.optional()?;
    row.map(SessionRow::into_session).transpose()
}

/// All sessions of a user that have not ended, locked in the order of their ids.
pub async fn lock_all_of_user(conn: &mut Conn, user_id: UserId) -> Result<Vec<Session>, Error> {
    let rows: Vec<SessionRow> = dsl::sessions
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::ended_at.is_null())
        .order(dsl::id)
        .select(SessionRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    rows.into_iter().map(SessionRow::into_session).collect()
}

pub async fn find_of_user(conn: &mut Conn, user_id: UserId, id: SessionId) -> Result<Option<Session>, Error> {
    let query = dsl::sessions.find(id).filter(dsl::user_id.eq(user_id)).select(SessionRow::as_select());
    let row: Option<SessionRow> = query.first(conn).await.optional()?;
    row.map(SessionRow::into_session).transpose()
}

/// A page of the user's open sessions, newest first; one more than `limit` says that there are more.
pub async fn list_open(
    conn: &mut Conn,
    user_id: UserId,
    (after, limit): (Option<SessionId>, i64),
    now: Timestamp,
) -> Result<Vec<Session>, Error> {
    let mut query = dsl::sessions
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::ended_at.is_null())
        .filter(dsl::expires_at.gt(now.to_diesel()))
        .order(dsl::id.desc())
        .limit(limit + 1)
        .select(SessionRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.lt(after));
    }
    let rows: Vec<SessionRow> = query.load(conn).await?;
    rows.into_iter().map(SessionRow::into_session).collect()
}

/// The presented token is used, and its successor is the newest of the family.
pub async fn rotate(
    conn: &mut Conn,
    session: &Session,
    (presented, successor): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<(), Error> {
    diesel::update(refresh_tokens::table.find(presented))
        .set(refresh_tokens::used_at.eq(now.to_diesel()))
        .execute(conn)
        .await?;
    let generation = session.generation + 1;
    insert_token(conn, session.id, generation, successor).await?;
    diesel::update(dsl::sessions.find(session.id))
        .set((
            dsl::generation.eq(generation),
            dsl::last_used_at.eq(now.to_diesel()),
            dsl::expires_at.eq(model::expiry(session.created_at, now).to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The owner of a session that began with less has proved more.
pub async fn set_authentication(
    conn: &mut Conn,
    user_id: UserId,
    id: SessionId,
    authentication: Authentication,
) -> Result<(), Error> {
    let session = dsl::sessions.find(id).filter(dsl::user_id.eq(user_id));
    diesel::update(session).set(dsl::authentication.eq(authentication.as_str())).execute(conn).await?;
    Ok(())
}

/// Ends a session for good.
pub async fn end(conn: &mut Conn, id: SessionId, reason: EndReason, now: Timestamp) -> Result<Session, Error> {
    let row: SessionRow = diesel::update(dsl::sessions.find(id))
        .set((
            dsl::ended_at.eq(now.to_diesel()),
            dsl::end_reason.eq(reason.as_str()),
            dsl::version.eq(dsl::version + 1),
        ))
        .returning(SessionRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_session()
}

/// Forgets sessions that have been over for a week, with their tokens; until then their reuse is recognised.
pub async fn delete_old(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let before = (now - SignedDuration::from_hours(7 * 24)).to_diesel();
    let expired = diesel::delete(dsl::sessions.filter(dsl::expires_at.le(before))).execute(conn).await?;
    let ended = diesel::delete(dsl::sessions.filter(dsl::ended_at.le(before))).execute(conn).await?;
    Ok(expired + ended)
}

/// Forgets tokens that were used so long ago that no honest client still has them. The family lives on.
pub async fn delete_used_tokens(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let before = now - SignedDuration::from_hours(30 * 24);
    let old = refresh_tokens::table.filter(refresh_tokens::used_at.le(before.to_diesel()));
    Ok(diesel::delete(old).execute(conn).await?)
}
