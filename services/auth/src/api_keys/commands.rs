//! Making, listing and revoking keys.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{ApiKeyId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{ApiKey, ApiKeyError, KeyOwner, NewApiKey, events, model, store, store::StoredSecret};
use crate::{
    App, companies,
    secrets::{self, SecretKind},
    users,
};

/// Makes a key. Its secret is in the answer and nowhere else.
pub async fn create_key(
    app: &App,
    owner: KeyOwner,
    created_by: UserId,
    key: &NewApiKey,
) -> Result<(ApiKey, SecretString), ApiKeyError> {
    let now = app.clock.now();
    if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(ApiKeyError::ExpiryPassed);
    }
    let secret = SecretKind::ApiKey.generate();
    let stored = StoredSecret { prefix: model::prefix_of(&secret), hash: secrets::hash(secret.expose_secret()) };
    let made =
        app.db.transaction(async |conn| create_in_tx(conn, owner, (key, &stored), created_by, now).await).await?;
    Ok((made, secret))
}

async fn create_in_tx(
    conn: &mut Conn,
    owner: KeyOwner,
    key: (&NewApiKey, &StoredSecret),
    created_by: UserId,
    now: Timestamp,
) -> Result<ApiKey, ApiKeyError> {
    // The owner is locked, so that two requests at once do not both see room for one more.
    let exists = match owner {
        KeyOwner::User(id) => users::store::lock(conn, id).await?.is_some(),
        KeyOwner::Company(id) => companies::store::lock(conn, id).await?.is_some(),
    };
    if !exists {
        return Err(ApiKeyError::NotFound);
    }
    if store::count_usable(conn, owner, now).await? >= model::MAX_KEYS {
        return Err(ApiKeyError::TooMany);
    }
    Ok(store::insert(conn, owner, key, created_by, now).await?)
}

pub async fn list_keys(app: &App, owner: KeyOwner, page: (Option<ApiKeyId>, i64)) -> Result<Vec<ApiKey>, ApiKeyError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list(&mut conn, owner, page).await?)
}

/// The key works no more; every gateway hears of it.
pub async fn revoke_key(app: &App, owner: KeyOwner, id: ApiKeyId) -> Result<(), ApiKeyError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let key = store::revoke(conn, owner, id, now).await?.ok_or(ApiKeyError::NotFound)?;
            Ok(events::revoked(conn, &key, now).await?)
        })
        .await
}

/// Revokes every key of an owner who goes.
pub async fn revoke_all_in_tx(conn: &mut Conn, owner: KeyOwner, now: Timestamp) -> Result<(), ::store::Error> {
    for key in store::revoke_all(conn, owner, now).await? {
        events::revoked(conn, &key, now).await?;
    }
    Ok(())
}
