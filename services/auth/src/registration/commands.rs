//! Register, ask for another mail, verify.

use std::time::Duration;

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};
use kernel::UserId;
use tokio::time::Instant;

use super::{RegistrationError, events, store};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    one_time_tokens::{self, OneTimeTokenError, Purpose},
    passwords::NewPassword,
    secrets,
    sessions::{self, Authentication, Device, SignedIn},
    users::{
        self, Email, PersonName, User, UserRole,
        store::{AccountChange, NewAccount},
    },
};

/// What somebody fills in.
pub struct RegistrationForm {
    pub email: Email,
    pub password: NewPassword,
    pub name: PersonName,
    pub role: UserRole,
}

/// The database has more to write for a new address than for a known one. Answering no sooner than this after the
/// password was hashed hides the difference.
const WRITING_TAKES: Duration = Duration::from_millis(30);

/// Makes an account, or does nothing that the client could see.
pub async fn register(app: &App, form: RegistrationForm) -> Result<(), RegistrationError> {
    let account = NewAccount {
        password_hash: app.passwords.hash(form.password.into_secret()).await?,
        email: form.email,
        name: form.name,
        role: form.role,
    };
    let answer_at = Instant::now() + WRITING_TAKES;
    let now = app.clock.now();
    let limit = app.settings.verifications_per_hour;
    let registered = app.db.transaction(async |conn| register_in_tx(conn, &account, limit, now).await).await;
    tokio::time::sleep_until(answer_at).await;
    registered
}

/// Sends the verification mail again, unless it was sent too often or is not needed.
pub async fn resend_verification(app: &App, email: &Email) -> Result<(), RegistrationError> {
    let answer_at = Instant::now() + WRITING_TAKES;
    let now = app.clock.now();
    let limit = app.settings.verifications_per_hour;
    let sent = app.db.transaction(async |conn| resend_in_tx(conn, email, limit, now).await).await;
    tokio::time::sleep_until(answer_at).await;
    sent
}

/// Follows the link of a mail: the account becomes what its registration said, and its owner is signed in.
pub async fn verify_email(app: &App, secret: &str, device: &Device) -> Result<SignedIn, RegistrationError> {
    let hash = secrets::hash(secret);
    let now = app.clock.now();
    app.db.transaction(async |conn| verify_in_tx(conn, &hash, device, now).await).await
}

async fn register_in_tx(
    conn: &mut Conn,
    account: &NewAccount,
    limit: i64,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    if let Some(user) = users::store::insert(conn, account, now).await? {
        users::events::registered(conn, &user, now).await?;
        return request_verification_in_tx(conn, &user, account, 1, now).await;
    }
    let Some(user) = unverified_user(conn, &account.email, limit, now).await? else { return Ok(()) };
    // Whoever asked last may try to log in, and is told that the address is not verified. Which password the account
    // has in the end is decided by the link that is followed.
    let user = replace_in_tx(conn, &user, account, now).await?;
    request_verification_in_tx(conn, &user, account, 0, now).await
}

async fn resend_in_tx(conn: &mut Conn, email: &Email, limit: i64, now: Timestamp) -> Result<(), RegistrationError> {
    let Some(user) = unverified_user(conn, email, limit, now).await? else { return Ok(()) };
    let account = users::store::account_of(conn, &user).await?;
    let user = replace_in_tx(conn, &user, &account, now).await?;
    request_verification_in_tx(conn, &user, &account, 0, now).await
}

/// The account of this address if it waits to be verified and has not been written to too often; locked.
async fn unverified_user(
    conn: &mut Conn,
    email: &Email,
    limit: i64,
    now: Timestamp,
) -> Result<Option<User>, ::store::Error> {
    let Some(user) = users::store::lock_by_email(conn, email).await? else { return Ok(None) };
    if user.email_verified {
        return Ok(None);
    }
    let since = now - SignedDuration::from_hours(1);
    let sent = one_time_tokens::store::count_since(conn, user.id, Purpose::VerifyEmail, since).await?;
    Ok((sent < limit).then_some(user))
}

async fn replace_in_tx(
    conn: &mut Conn,
    user: &User,
    account: &NewAccount,
    now: Timestamp,
) -> Result<User, ::store::Error> {
    let change = AccountChange {
        name: &account.name,
        role: account.role,
        password_hash: &account.password_hash,
        platform_role: user.platform_role,
        verified_at: None,
    };
    users::store::replace(conn, user.id, change, now).await
}

/// Orders the mail whose link confirms `account`.
async fn request_verification_in_tx(
    conn: &mut Conn,
    user: &User,
    account: &NewAccount,
    ordinal: i16,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    let token_id = one_time_tokens::store::insert(conn, user.id, Purpose::VerifyEmail, now).await?;
    store::insert(conn, token_id, account).await?;
    events::verification_requested(conn, user, (token_id, &account.name), ordinal, now).await?;
    Ok(())
}

async fn verify_in_tx(
    conn: &mut Conn,
    hash: &[u8],
    device: &Device,
    now: Timestamp,
) -> Result<SignedIn, RegistrationError> {
    let owner = one_time_tokens::store::owner_of_secret(conn, Purpose::VerifyEmail, hash).await?;
    let user_id: UserId = owner.ok_or(OneTimeTokenError::Unknown)?;
    let user = users::store::lock(conn, user_id).await?.ok_or(OneTimeTokenError::Unknown)?;
    let token = one_time_tokens::store::lock_by_secret(conn, Purpose::VerifyEmail, hash).await?;
    // A secret that was replaced while we waited for the lock is no secret any more.
    let token = token.ok_or(OneTimeTokenError::Unknown)?;
    token.ensure_usable(now)?;
    let registration = store::take(conn, token.id).await?.ok_or(OneTimeTokenError::Used)?;

    one_time_tokens::store::mark_used(conn, token.id, now).await?;
    one_time_tokens::store::supersede_all(conn, user.id, Purpose::VerifyEmail, now).await?;
    let change = AccountChange {
        name: &registration.name,
        role: registration.role,
        password_hash: &registration.password_hash,
        platform_role: user.platform_role,
        verified_at: Some(now),
    };
    let user = users::store::replace(conn, user.id, change, now).await?;
    users::events::verified(conn, &user, now).await?;
    audit::record_in_tx(conn, &AuditEvent::own(AuditKind::EmailVerified, user.id, now).from(device)).await?;
    Ok(sessions::open_session_in_tx(conn, user, Authentication::EmailLink, device, now).await?)
}
