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
    passwords::{NewPassword, PasswordHash},
    secrets,
    sessions::{self, Authentication, Device, SignedIn},
    users::{self, Email, PersonName, User, UserRole, store::NewAccount},
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
    let unknown = app.passwords.unknown();
    let registered =
        app.db.transaction(async |conn| register_in_tx(conn, (&account, &unknown), limit, now).await).await;
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
    (account, unknown): (&NewAccount, &PasswordHash),
    limit: i64,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    if let Some(user) = users::store::insert(conn, account, now).await? {
        users::events::registered(conn, &user, now).await?;
        return request_verification_in_tx(conn, &user, account, 1, now).await;
    }
    let Some(user) = lock_unverified(conn, &account.email).await? else { return Ok(()) };
    let account = if one_time_tokens::store::has_usable(conn, user.id, Purpose::VerifyEmail, now).await? {
        // Two have asked, and nobody knows which of them reads the mail: no link confirms either password.
        store::forget_passwords(conn, user.id, unknown).await?;
        &NewAccount { password_hash: unknown.clone(), ..account.clone() }
    } else {
        account
    };
    let user = users::store::replace(conn, user.id, account, None, now).await?;
    mail_again_in_tx(conn, &user, account, limit, now).await
}

async fn resend_in_tx(conn: &mut Conn, email: &Email, limit: i64, now: Timestamp) -> Result<(), RegistrationError> {
    let Some(user) = lock_unverified(conn, email).await? else { return Ok(()) };
    let account = users::store::account_of(conn, &user).await?;
    let user = users::store::advance(conn, user.id, now).await?;
    mail_again_in_tx(conn, &user, &account, limit, now).await
}

/// The account of this address, locked, if it waits to be verified.
async fn lock_unverified(conn: &mut Conn, email: &Email) -> Result<Option<User>, ::store::Error> {
    Ok(users::store::lock_by_email(conn, email).await?.filter(|user| !user.email_verified))
}

/// Unless it was mailed too often.
async fn mail_again_in_tx(
    conn: &mut Conn,
    user: &User,
    account: &NewAccount,
    limit: i64,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    let since = now - SignedDuration::from_hours(1);
    if one_time_tokens::store::count_since(conn, user.id, Purpose::VerifyEmail, since).await? >= limit {
        return Ok(());
    }
    request_verification_in_tx(conn, user, account, 0, now).await
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
    let account = store::take(conn, &user, token.id).await?.ok_or(OneTimeTokenError::Used)?;
    one_time_tokens::store::mark_used(conn, token.id, now).await?;
    let user = users::verify_in_tx(conn, &user, &account, now).await?;
    audit::record_in_tx(conn, &AuditEvent::own(AuditKind::EmailVerified, user.id, now).from(device)).await?;
    Ok(sessions::open_session_in_tx(conn, user, Authentication::EmailLink, device, now).await?)
}
