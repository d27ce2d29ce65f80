//! The tables of passkeys and of ceremonies.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CeremonyId, PasskeyId, UserId};
use serde_json::Value;
use store::{Conn, Error};

use super::model::{CEREMONY_LIFETIME, Passkey, PasskeyName};
use crate::{
    columns::check,
    schema::{
        passkey_ceremonies,
        passkeys::{self, dsl},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = passkeys, check_for_backend(diesel::pg::Pg))]
struct PasskeyRow {
    id: PasskeyId,
    user_id: UserId,
    credential: Value,
    name: String,
    created_at: jiff_diesel::Timestamp,
    last_used_at: Option<jiff_diesel::Timestamp>,
}

impl PasskeyRow {
    fn into_passkey(self) -> Result<Passkey, Error> {
        Ok(Passkey {
            id: self.id,
            user_id: self.user_id,
            credential: check(serde_json::from_value(self.credential))?,
            name: self.name,
            created_at: self.created_at.to_jiff(),
            last_used_at: self.last_used_at.map(|at| at.to_jiff()),
        })
    }
}

/// Fails on the constraint `passkeys_credential` when the credential is registered, by whomever.
pub async fn insert(conn: &mut Conn, passkey: &Passkey) -> Result<(), Error> {
    diesel::insert_into(passkeys::table)
        .values((
            dsl::id.eq(passkey.id),
            dsl::user_id.eq(passkey.user_id),
            dsl::credential_id.eq(passkey.credential.cred_id()),
            dsl::credential.eq(check(serde_json::to_value(&passkey.credential))?),
            dsl::name.eq(&passkey.name),
            dsl::created_at.eq(passkey.created_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The owner's passkey with this credential id, locked: its counter is compared and moved by one login at a time.
pub async fn lock_by_credential(
    conn: &mut Conn,
    user_id: UserId,
    credential_id: &[u8],
) -> Result<Option<Passkey>, Error> {
    let query = dsl::passkeys
        .filter(dsl::credential_id.eq(credential_id))
        .filter(dsl::user_id.eq(user_id))
        .select(PasskeyRow::as_select());
    let row: Option<PasskeyRow> = query.for_no_key_update().first(conn).await.optional()?;
    row.map(PasskeyRow::into_passkey).transpose()
}

/// Everything a user has registered; a bounded number.
pub async fn credential_ids_of(conn: &mut Conn, user_id: UserId) -> Result<Vec<Vec<u8>>, Error> {
    Ok(dsl::passkeys.filter(dsl::user_id.eq(user_id)).select(dsl::credential_id).load(conn).await?)
}

/// Whether the user can sign in by one.
pub async fn has_any(conn: &mut Conn, user_id: UserId) -> Result<bool, Error> {
    let passkeys = dsl::passkeys.filter(dsl::user_id.eq(user_id));
    Ok(diesel::select(diesel::dsl::exists(passkeys)).get_result(conn).await?)
}

/// A page of the user's passkeys, newest first; one more than `limit` says that there are more.
pub async fn list(
    conn: &mut Conn,
    user_id: UserId,
    (after, limit): (Option<PasskeyId>, i64),
) -> Result<Vec<Passkey>, Error> {
    let mut query = dsl::passkeys
        .filter(dsl::user_id.eq(user_id))
        .order(dsl::id.desc())
        .limit(limit + 1)
        .select(PasskeyRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.lt(after));
    }
    let rows: Vec<PasskeyRow> = query.load(conn).await?;
    rows.into_iter().map(PasskeyRow::into_passkey).collect()
}

/// `None` when the user has no such passkey.
pub async fn rename(
    conn: &mut Conn,
    user_id: UserId,
    id: PasskeyId,
    name: &PasskeyName,
) -> Result<Option<Passkey>, Error> {
    let row: Option<PasskeyRow> = diesel::update(dsl::passkeys.find(id).filter(dsl::user_id.eq(user_id)))
        .set(dsl::name.eq(name.as_str()))
        .returning(PasskeyRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(PasskeyRow::into_passkey).transpose()
}

/// A login has moved the credential's counter.
pub async fn mark_used(conn: &mut Conn, passkey: &Passkey, now: Timestamp) -> Result<(), Error> {
    let credential: Value = check(serde_json::to_value(&passkey.credential))?;
    diesel::update(dsl::passkeys.find(passkey.id))
        .set((dsl::credential.eq(credential), dsl::last_used_at.eq(now.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, user_id: UserId, id: PasskeyId) -> Result<bool, Error> {
    let passkey = dsl::passkeys.find(id).filter(dsl::user_id.eq(user_id));
    Ok(diesel::delete(passkey).execute(conn).await? == 1)
}

/// Keeps what was asked until it is answered; of nobody yet for a login.
pub async fn open_ceremony(
    conn: &mut Conn,
    user_id: Option<UserId>,
    state: &Value,
    now: Timestamp,
) -> Result<CeremonyId, Error> {
    let id = CeremonyId::new();
    diesel::insert_into(passkey_ceremonies::table)
        .values((
            passkey_ceremonies::id.eq(id),
            passkey_ceremonies::user_id.eq(user_id),
            passkey_ceremonies::state.eq(state),
            passkey_ceremonies::expires_at.eq((now + CEREMONY_LIFETIME).to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Forgets all but the newest of a user's challenges.
pub async fn close_older_registrations(conn: &mut Conn, user_id: UserId, kept: i64) -> Result<(), Error> {
    let of_user = passkey_ceremonies::user_id.eq(user_id);
    let older: Vec<CeremonyId> = passkey_ceremonies::table
        .filter(of_user)
        .order((passkey_ceremonies::expires_at.desc(), passkey_ceremonies::id.desc()))
        .offset(kept)
        .select(passkey_ceremonies::id)
        .load(conn)
        .await?;
    if !older.is_empty() {
        diesel::delete(passkey_ceremonies::table.filter(passkey_ceremonies::id.eq_any(older))).execute(conn).await?;
    }
    Ok(())
}

/// Takes a registration of this user out of the table, if it is not over.
pub async fn take_registration(
    conn: &mut Conn,
    user_id: UserId,
    id: CeremonyId,
    now: Timestamp,
) -> Result<Option<Value>, Error> {
    let open = passkey_ceremonies::table
        .find(id)
        .filter(passkey_ceremonies::user_id.eq(user_id))
        .filter(passkey_ceremonies::expires_at.gt(now.to_diesel()));
    Ok(diesel::delete(open).returning(passkey_ceremonies::state).get_result(conn).await.optional()?)
}

/// The same of a login, which is nobody's.
pub async fn take_login(conn: &mut Conn, id: CeremonyId, now: Timestamp) -> Result<Option<Value>, Error> {
    let open = passkey_ceremonies::table
        .find(id)
        .filter(passkey_ceremonies::user_id.is_null())
        .filter(passkey_ceremonies::expires_at.gt(now.to_diesel()));
    Ok(diesel::delete(open).returning(passkey_ceremonies::state).get_result(conn).await.optional()?)
}

/// Forgets challenges that nobody answered.
pub async fn delete_old_ceremonies(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let over = passkey_ceremonies::table.filter(passkey_ceremonies::expires_at.le(now.to_diesel()));
    Ok(diesel::delete(over).execute(conn).await?)
}
