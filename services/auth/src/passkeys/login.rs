//! Signing in by a passkey. The device says whose it is: nobody types an address, so nothing tells who is registered.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CeremonyId, UserId};
use serde_json::Value;
use webauthn_rs::prelude::{DiscoverableAuthentication, DiscoverableKey, PublicKeyCredential, WebauthnError};

use super::{
    PasskeyError,
    commands::{Challenge, from_value, to_value},
    model::Passkey,
    store,
};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    sessions::{self, Authentication, Device, SignedIn},
    users,
};

/// A challenge for whatever passkey the device has for this site.
pub async fn begin_login(app: &App) -> Result<Challenge, PasskeyError> {
    let started = app.webauthn.start_discoverable_authentication();
    let (mut options, state) = started.map_err(|error| PasskeyError::Unusable(error.into()))?;
    // Whether to offer it in a form field or in a dialogue is the page's to say.
    options.mediation = None;
    let mut conn = app.db.conn().await?;
    let ceremony_id = store::open_ceremony(&mut conn, None, &to_value(&state)?, app.clock.now()).await?;
    Ok(Challenge { ceremony_id, options: to_value(&options)? })
}

/// Opens a session for the owner of the passkey that answers.
pub async fn finish_login(
    app: &App,
    ceremony_id: CeremonyId,
    answer: &PublicKeyCredential,
    device: &Device,
) -> Result<SignedIn, PasskeyError> {
    let now = app.clock.now();
    let state = {
        let mut conn = app.db.conn().await?;
        store::take_login(&mut conn, ceremony_id, now).await?.ok_or(PasskeyError::CeremonyOver)?
    };
    // A refusal is told to the trail, so it commits too.
    app.db.transaction(async |conn| finish_in_tx(conn, app, (&state, answer), device, now).await).await?
}

async fn finish_in_tx(
    conn: &mut Conn,
    app: &App,
    (state, answer): (&Value, &PublicKeyCredential),
    device: &Device,
    now: Timestamp,
) -> Result<Result<SignedIn, PasskeyError>, PasskeyError> {
    let refused = AuditEvent::new(AuditKind::LoggedIn, now).from(device).with("by", "passkey");
    let Some(mut passkey) = lock_passkey(conn, app, answer).await? else {
        audit::record_in_tx(conn, &refused.failed("unknown_passkey")).await?;
        return Ok(Err(PasskeyError::Refused("unknown".to_owned())));
    };
    let state: DiscoverableAuthentication = from_value(state.clone())?;
    let known = DiscoverableKey::from(&passkey.credential);
    let result = match app.webauthn.finish_discoverable_authentication_v2(answer, state, known) {
        Ok(result) => result,
        Err(error) => {
            let refused = refused.about(passkey.user_id).with("passkey_id", passkey.id.to_string());
            audit::record_in_tx(conn, &refused.failed(reason(&error))).await?;
            return Ok(Err(PasskeyError::Refused(error.to_string())));
        }
    };
    // An account that was closed has no verified address any more, whatever else is left of it.
    let Some(user) = users::store::find(conn, passkey.user_id).await?.filter(|user| user.email_verified) else {
        audit::record_in_tx(conn, &refused.about(passkey.user_id).failed("email_not_verified")).await?;
        return Ok(Err(PasskeyError::Refused("the account is closed".to_owned())));
    };
    passkey.credential.update_credential(&result);
    store::mark_used(conn, &passkey, now).await?;
    Ok(Ok(sessions::open_session_in_tx(conn, user, Authentication::Passkey, device, now).await?))
}

/// The owner is locked first, as everywhere, so that an erasure comes before or after.
async fn lock_passkey(
    conn: &mut Conn,
    app: &App,
    answer: &PublicKeyCredential,
) -> Result<Option<Passkey>, ::store::Error> {
    match app.webauthn.identify_discoverable_authentication(answer) {
        Ok((handle, credential_id)) => {
            let owner = UserId::from_uuid(handle);
            users::store::lock(conn, owner).await?;
            store::lock_by_credential(conn, owner, credential_id).await
        }
        Err(_) => Ok(None),
    }
}

fn reason(error: &WebauthnError) -> &'static str {
    match error {
        WebauthnError::CredentialPossibleCompromise => "signature_counter_went_back",
        _ => "not_an_answer_to_this_challenge",
    }
}
