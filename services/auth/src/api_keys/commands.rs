//! Making, listing and revoking keys.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{ApiKeyId, SessionId};
use secrecy::{ExposeSecret, SecretString};
use service_kit::identity::permissions::ManageApiKeys;

use super::{ApiKey, ApiKeyError, KeyOwner, NewApiKey, events, model, store, store::StoredSecret};
use crate::{
    App,
    actor::Actor,
    audit::{self, AuditEvent, AuditKind},
    companies, members,
    mfa::events::{FactorChange, second_factor_changed},
    secrets::{self, SecretKind},
    sessions,
};

/// Makes a key. Its secret is in the answer and nowhere else. A personal key is for somebody who has just proved every
/// factor.
pub async fn create_key(
    app: &App,
    owner: KeyOwner,
    maker: (&Actor, SessionId),
    key: &NewApiKey,
) -> Result<(ApiKey, SecretString), ApiKeyError> {
    let now = app.clock.now();
    if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(ApiKeyError::ExpiryPassed);
    }
    let secret = SecretKind::ApiKey.generate();
    let stored = StoredSecret { prefix: model::prefix_of(&secret), hash: secrets::hash(secret.expose_secret()) };
    let made = app.db.transaction(async |conn| create_in_tx(conn, owner, (key, &stored), maker, now).await).await?;
    Ok((made, secret))
}

async fn create_in_tx(
    conn: &mut Conn,
    owner: KeyOwner,
    key: (&NewApiKey, &StoredSecret),
    (maker, session_id): (&Actor, SessionId),
    now: Timestamp,
) -> Result<ApiKey, ApiKeyError> {
    // The owner is locked, so that two requests at once do not both see room for one more.
    sessions::lock_owner_in_tx(conn, (maker.user_id, session_id), now).await?;
    if let KeyOwner::Company(id) = owner {
        companies::store::lock(conn, id).await?.ok_or(ApiKeyError::NotFound)?;
        members::ensure_allowed_in_tx::<ManageApiKeys>(conn, id, maker.user_id).await?;
    }
    if store::count_usable(conn, owner, now).await? >= model::MAX_KEYS {
        return Err(ApiKeyError::TooMany);
    }
    let made = store::insert(conn, owner, key, maker.user_id, now).await?;
    audit::record_in_tx(conn, &told(maker, AuditKind::ApiKeyCreated, &made, now)).await?;
    if let KeyOwner::User(id) = owner {
        second_factor_changed(conn, id, FactorChange::ApiKeyCreated, now).await?;
    }
    Ok(made)
}

pub async fn list_keys(app: &App, owner: KeyOwner, page: (Option<ApiKeyId>, i64)) -> Result<Vec<ApiKey>, ApiKeyError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list(&mut conn, owner, page).await?)
}

/// The key works no more; every gateway hears of it.
pub async fn revoke_key(app: &App, owner: KeyOwner, actor: &Actor, id: ApiKeyId) -> Result<(), ApiKeyError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let key = store::revoke(conn, owner, id, now).await?.ok_or(ApiKeyError::NotFound)?;
            events::revoked(conn, &key, now).await?;
            Ok(audit::record_in_tx(conn, &told(actor, AuditKind::ApiKeyRevoked, &key, now)).await?)
        })
        .await
}

/// Revokes every key of an owner who goes.
pub async fn revoke_all_in_tx(
    conn: &mut Conn,
    owner: KeyOwner,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ::store::Error> {
    for key in store::revoke_all(conn, owner, now).await? {
        events::revoked(conn, &key, now).await?;
        audit::record_in_tx(conn, &told(actor, AuditKind::ApiKeyRevoked, &key, now)).await?;
    }
    Ok(())
}

fn told(actor: &Actor, kind: AuditKind, key: &ApiKey, now: Timestamp) -> AuditEvent {
    let event = actor.did(kind, now).with("key_id", key.id.to_string()).with("scopes", key.scopes.clone());
    match key.owner {
        KeyOwner::User(id) => event.about(id),
        KeyOwner::Company(id) => event.in_company(id),
    }
}
