//! Registering passkeys and looking after them.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CeremonyId, PasskeyId, SessionId, UserId};
use serde_json::Value;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::{
    PasskeyError,
    model::{MAX_OPEN_REGISTRATIONS, MAX_PASSKEYS, Passkey, PasskeyName},
    store,
};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    mfa::events::{FactorChange, second_factor_changed},
    sessions::{self, Device},
    users::{self, User},
};

/// A challenge for a browser: what to pass to the WebAuthn API.
pub struct Challenge {
    pub ceremony_id: CeremonyId,
    pub options: Value,
}

/// Asks a device for a new passkey. For somebody who has just proved every factor.
pub async fn begin_registration(app: &App, user: &User) -> Result<Challenge, PasskeyError> {
    let known = {
        let mut conn = app.db.conn().await?;
        store::credential_ids_of(&mut conn, user.id).await?
    };
    if known.len() >= MAX_PASSKEYS {
        return Err(PasskeyError::TooMany);
    }
    let (handle, email, name) = (user.id.uuid(), user.email.as_str(), user.name.as_str());
    let started = app.webauthn.start_passkey_registration(handle, email, name, Some(known));
    let (options, state) = started.map_err(|error| PasskeyError::Unusable(error.into()))?;
    let mut options = to_value(&options)?;
    // People sign in without typing their address, so the device has to remember whose key it is.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        selection["residentKey"] = "required".into();
        selection["requireResidentKey"] = true.into();
    }
    let (state, now) = (to_value(&state)?, app.clock.now());
    let opened = app.db.transaction(async |conn| open_registration_in_tx(conn, user.id, &state, now).await);
    Ok(Challenge { ceremony_id: opened.await?, options })
}

/// Only the newest challenges of a person can be answered: who begins again and again leaves no more behind. The user is
/// locked, so that those who begin at once are counted one after the other.
async fn open_registration_in_tx(
    conn: &mut Conn,
    user_id: UserId,
    state: &Value,
    now: Timestamp,
) -> Result<CeremonyId, ::store::Error> {
    users::store::lock(conn, user_id).await?;
    let opened = store::open_ceremony(conn, Some(user_id), state, now).await?;
    store::close_older_registrations(conn, user_id, MAX_OPEN_REGISTRATIONS).await?;
    Ok(opened)
}

/// Keeps what the device answered, if it answers what was asked.
pub async fn finish_registration(
    app: &App,
    (user_id, session_id): (UserId, SessionId),
    (ceremony_id, answer): (CeremonyId, &RegisterPublicKeyCredential),
    name: &PasskeyName,
    device: &Device,
) -> Result<Passkey, PasskeyError> {
    let now = app.clock.now();
    let state = {
        let mut conn = app.db.conn().await?;
        store::take_registration(&mut conn, user_id, ceremony_id, now).await?.ok_or(PasskeyError::CeremonyOver)?
    };
    let state: PasskeyRegistration = from_value(state)?;
    let credential = app.webauthn.finish_passkey_registration(answer, &state);
    let credential = credential.map_err(|error| PasskeyError::Unacceptable(error.to_string()))?;
    let (name, id) = (name.as_str().to_owned(), PasskeyId::new());
    let passkey = Passkey { id, user_id, credential, name, created_at: now, last_used_at: None };
    let added = app.db.transaction(async |conn| add_in_tx(conn, &passkey, (session_id, device), now).await).await;
    added.map(|()| passkey).map_err(|error| match error {
        PasskeyError::Store(error) if error.violated_constraint() == Some("passkeys_credential") => {
            PasskeyError::Exists
        }
        error => error,
    })
}

async fn add_in_tx(
    conn: &mut Conn,
    passkey: &Passkey,
    (session_id, device): (SessionId, &Device),
    now: Timestamp,
) -> Result<(), PasskeyError> {
    // Two registrations at once are counted one after the other.
    sessions::lock_owner_in_tx(conn, (passkey.user_id, session_id), now).await?;
    if store::credential_ids_of(conn, passkey.user_id).await?.len() >= MAX_PASSKEYS {
        return Err(PasskeyError::TooMany);
    }
    store::insert(conn, passkey).await?;
    audit::record_in_tx(conn, &event(AuditKind::PasskeyAdded, passkey.user_id, passkey.id, device, now)).await?;
    second_factor_changed(conn, passkey.user_id, FactorChange::PasskeyAdded, now).await?;
    Ok(())
}

pub async fn list_passkeys(
    app: &App,
    user_id: UserId,
    page: (Option<PasskeyId>, i64),
) -> Result<Vec<Passkey>, PasskeyError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list(&mut conn, user_id, page).await?)
}

pub async fn rename_passkey(
    app: &App,
    user_id: UserId,
    id: PasskeyId,
    name: &PasskeyName,
    device: &Device,
) -> Result<Passkey, PasskeyError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let passkey = store::rename(conn, user_id, id, name).await?.ok_or(PasskeyError::NotFound)?;
            audit::record_in_tx(conn, &event(AuditKind::PasskeyRenamed, user_id, id, device, now)).await?;
            Ok(passkey)
        })
        .await
}

/// The passkey signs in no more. Sessions it has opened go on. For somebody who has just proved every factor.
pub async fn delete_passkey(
    app: &App,
    (user_id, session_id): (UserId, SessionId),
    id: PasskeyId,
    device: &Device,
) -> Result<(), PasskeyError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            sessions::lock_owner_in_tx(conn, (user_id, session_id), now).await?;
            if !store::delete(conn, user_id, id).await? {
                return Err(PasskeyError::NotFound);
            }
            audit::record_in_tx(conn, &event(AuditKind::PasskeyRemoved, user_id, id, device, now)).await?;
            second_factor_changed(conn, user_id, FactorChange::PasskeyRemoved, now).await?;
            Ok(())
        })
        .await
}

fn event(kind: AuditKind, user_id: UserId, id: PasskeyId, device: &Device, now: Timestamp) -> AuditEvent {
    AuditEvent::own(kind, user_id, now).from(device).with("passkey_id", id.to_string())
}

pub fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, PasskeyError> {
    serde_json::to_value(value).map_err(|error| PasskeyError::Unusable(error.into()))
}

pub fn from_value<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, PasskeyError> {
    serde_json::from_value(value).map_err(|error| PasskeyError::Unusable(error.into()))
}
