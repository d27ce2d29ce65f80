//! Making, rotating and revoking keys. Every command takes the table's write lock first, so that two processes that start or
//! rotate at once do it one after the other.

use diesel::result::Error as DieselError;
use jiff::Timestamp;
use store::{Conn, Db};

use super::{
    KeyError, Sealer,
    model::{FreshKey, KeyState, RETIRING_FOR},
    store as keys,
};
use crate::audit::{self, AuditEvent, AuditKind};

/// The keys after a rotation or a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Signs from now on.
    pub active: String,
    /// Published, and signs after the next rotation.
    pub next: String,
}

/// Makes the first two keys where there are none.
pub(super) async fn create_first_keys(db: &Db, sealer: &Sealer, now: Timestamp) -> Result<(), KeyError> {
    db.transaction(async |conn| {
        keys::lock_table(conn).await?;
        complete(conn, sealer, now).await.map(drop)
    })
    .await
}

/// Moves every key one step: next signs, active retires, a new one is published. No request fails by it: every
/// verifier has seen the new signer's public key since the rotation before, and keeps the old one's for an hour.
pub async fn rotate_keys(db: &Db, sealer: &Sealer, now: Timestamp) -> Result<Rotated, KeyError> {
    db.transaction(async |conn| {
        keys::lock_table(conn).await?;
        keys::retire_active(conn, now + RETIRING_FOR).await?;
        let rotated = complete(conn, sealer, now).await?;
        record_in_tx(conn, AuditKind::SigningKeysRotated, &rotated.active, now).await?;
        Ok(rotated)
    })
    .await
}

/// Withdraws a key that somebody else may have, whatever it was for. Every token it has signed is refused as soon as
/// verifiers have read the keys again: who signed in with it refreshes, and who forged with it is out.
pub async fn revoke_key(db: &Db, sealer: &Sealer, kid: &str, now: Timestamp) -> Result<Rotated, KeyError> {
    db.transaction(async |conn| {
        keys::lock_table(conn).await?;
        if keys::delete(conn, kid).await? == 0 {
            return Err(KeyError::Unknown);
        }
        record_in_tx(conn, AuditKind::SigningKeyRevoked, kid, now).await?;
        complete(conn, sealer, now).await
    })
    .await
}

/// Whoever has the command has no account: the event is nobody's.
async fn record_in_tx(conn: &mut Conn, kind: AuditKind, kid: &str, now: Timestamp) -> Result<(), KeyError> {
    let event = AuditEvent::new(kind, now).with("kid", kid).with("by", "operator");
    Ok(audit::record_in_tx(conn, &event).await?)
}

/// One key signs and one is next, whichever is missing.
async fn complete(conn: &mut Conn, sealer: &Sealer, now: Timestamp) -> Result<Rotated, KeyError> {
    if keys::find_active(conn).await?.is_none() && keys::activate_next(conn).await? == 0 {
        create_key(conn, sealer, KeyState::Active, now).await?;
    }
    let next = match keys::find_next(conn).await? {
        Some(next) => next,
        None => create_key(conn, sealer, KeyState::Next, now).await?,
    };
    let active = keys::find_active(conn).await?.ok_or(store::Error::Query(DieselError::NotFound))?;
    Ok(Rotated { active: active.kid, next })
}

/// Forgets keys whose last token is over.
pub async fn delete_retired_keys(conn: &mut Conn, now: Timestamp) -> Result<usize, KeyError> {
    Ok(keys::delete_retired(conn, now).await?)
}

async fn create_key(conn: &mut Conn, sealer: &Sealer, state: KeyState, now: Timestamp) -> Result<String, KeyError> {
    let key = FreshKey::generate()?;
    let sealed = sealer.seal(&key.public.kid, &key.private)?;
    keys::insert(conn, &key, &sealed, state, now).await?;
    Ok(key.public.kid)
}
