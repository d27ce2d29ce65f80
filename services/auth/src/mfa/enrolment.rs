//! Enrolling a device for codes, by somebody who is signed in or by somebody who may not sign in without.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{
    MfaError,
    commands::issue_recovery_codes_in_tx,
    events::{self, FactorChange},
    model, store,
};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    login::{Attempt, LoginError, Proven},
    passkeys,
    sessions::{self, Authentication, Device, SignedIn},
    users::User,
};

/// A secret that waits for its first code.
pub struct Offer {
    /// In base32, to be typed.
    pub secret: SecretString,
    /// The same as an `otpauth:` URL, to be shown as a QR code.
    pub url: SecretString,
    pub expires_at: Timestamp,
}

/// Offers a new secret; the offer before lapses. For somebody who has just proved their password.
pub async fn start_totp(app: &App, owner: (UserId, SessionId), device: &Device) -> Result<Offer, MfaError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let user = lock_owner_in_tx(conn, owner, now).await?;
            start_in_tx(conn, app, &user, device, now).await
        })
        .await
}

/// Locks somebody signed in who may enrol. It makes their session one of two factors, so where a passkey is the second
/// factor the password alone is not enough.
async fn lock_owner_in_tx(conn: &mut Conn, owner: (UserId, SessionId), now: Timestamp) -> Result<User, MfaError> {
    let (user, session) = sessions::lock_owner_in_tx(conn, owner, now).await?;
    if !session.authentication.is_multi_factor() && passkeys::store::has_any(conn, user.id).await? {
        return Err(MfaError::PasskeyFirst);
    }
    Ok(user)
}

/// The user is locked: two enrolments of one account at once are one after the other.
async fn start_in_tx(
    conn: &mut Conn,
    app: &App,
    user: &User,
    device: &Device,
    now: Timestamp,
) -> Result<Offer, MfaError> {
    if store::find(conn, user.id).await?.is_some_and(|factor| factor.confirmed_at.is_some()) {
        return Err(MfaError::AlreadyEnabled);
    }
    let secret: [u8; model::SECRET_LEN] = rand::random();
    store::offer(conn, user.id, &app.mfa.seal(user.id, &secret)?, now).await?;
    audit::record_in_tx(conn, &AuditEvent::own(AuditKind::MfaEnrolmentStarted, user.id, now).from(device)).await?;
    let totp = model::totp(secret.to_vec(), &user.email)?;
    let url = totp.to_url().map_err(|error| MfaError::Unusable(anyhow::anyhow!("{error:?}")))?;
    Ok(Offer { secret: totp.secret().to_base32().into(), url: url.into(), expires_at: model::offer_ends(now) })
}

/// Confirms with a first code; the caller's session is one of two factors from now on.
pub async fn confirm_totp(
    app: &App,
    owner: (UserId, SessionId),
    code: &SecretString,
    device: &Device,
) -> Result<Vec<SecretString>, MfaError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let user = lock_owner_in_tx(conn, owner, now).await?;
            let codes = confirm_in_tx(conn, app, &user, (code, device), now).await?;
            let (user_id, session_id) = owner;
            let authentication = Authentication::PasswordAndCode;
            sessions::store::set_authentication(conn, user_id, session_id, authentication).await?;
            Ok(codes)
        })
        .await
}

/// The user is locked.
async fn confirm_in_tx(
    conn: &mut Conn,
    app: &App,
    user: &User,
    (code, device): (&SecretString, &Device),
    now: Timestamp,
) -> Result<Vec<SecretString>, MfaError> {
    let factor = store::lock(conn, user.id).await?.ok_or(MfaError::NotStarted)?;
    if factor.confirmed_at.is_some() {
        return Err(MfaError::AlreadyEnabled);
    }
    if model::offer_ends(factor.created_at) <= now {
        return Err(MfaError::Expired);
    }
    let totp = model::totp(app.mfa.open(user.id, &factor.sealed_secret)?, &user.email)?;
    let step = model::matching_step(&totp, code.expose_secret().trim(), now).ok_or(MfaError::WrongCode)?;
    store::confirm(conn, user.id, step, now).await?;
    let codes = issue_recovery_codes_in_tx(conn, &app.mfa, user.id).await?;
    audit::record_in_tx(conn, &AuditEvent::own(AuditKind::MfaEnabled, user.id, now).from(device)).await?;
    events::second_factor_changed(conn, user.id, FactorChange::TotpEnabled, now).await?;
    Ok(codes)
}

/// The same two steps of somebody who is not signed in: their credentials stand in for a session.
pub async fn start_at_login(app: &App, attempt: &Attempt<'_>, device: &Device) -> Result<Offer, LoginError> {
    app.db.transaction(async |conn| start_at_login_in_tx(conn, app, attempt, device).await).await?
}

async fn start_at_login_in_tx(
    conn: &mut Conn,
    app: &App,
    attempt: &Attempt<'_>,
    device: &Device,
) -> Result<Result<Offer, LoginError>, LoginError> {
    match decide_in_tx(conn, app, attempt, device).await? {
        Ok(user) => Ok(Ok(start_in_tx(conn, app, &user, device, attempt.now).await?)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Signed in by the very code that confirms.
pub async fn confirm_at_login(
    app: &App,
    attempt: &Attempt<'_>,
    code: &SecretString,
    device: &Device,
) -> Result<(SignedIn, Vec<SecretString>), LoginError> {
    app.db.transaction(async |conn| confirm_at_login_in_tx(conn, app, attempt, (code, device)).await).await?
}

async fn confirm_at_login_in_tx(
    conn: &mut Conn,
    app: &App,
    attempt: &Attempt<'_>,
    (code, device): (&SecretString, &Device),
) -> Result<Result<(SignedIn, Vec<SecretString>), LoginError>, LoginError> {
    let user = match decide_in_tx(conn, app, attempt, device).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let codes = confirm_in_tx(conn, app, &user, (code, device), attempt.now).await?;
    let authentication = Authentication::PasswordAndCode;
    let signed_in = sessions::open_session_in_tx(conn, user, authentication, device, attempt.now).await?;
    Ok(Ok((signed_in, codes)))
}

/// Who may enrol at the login, locked. The inner refusal is counted, or told to the trail, so it has to be committed.
async fn decide_in_tx(
    conn: &mut Conn,
    app: &App,
    attempt: &Attempt<'_>,
    device: &Device,
) -> Result<Result<User, LoginError>, LoginError> {
    let user = match attempt.decide_in_tx(conn, app).await? {
        Ok(Proven { user, .. }) => user,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // The passkey is the second factor: another one is not had for the password alone.
    if passkeys::store::has_any(conn, user.id).await? {
        let refused = AuditEvent::new(AuditKind::MfaEnrolmentStarted, attempt.now).about(user.id).from(device);
        audit::record_in_tx(conn, &refused.failed("sign_in_by_passkey")).await?;
        return Ok(Err(MfaError::PasskeyFirst.into()));
    }
    Ok(Ok(user))
}
