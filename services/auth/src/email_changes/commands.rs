//! Asking for another address, and confirming it from either mailbox.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};
use kernel::{SessionId, UserId};

use super::{
    EmailChangeError, events,
    model::{EmailChange, Side},
    store,
};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    one_time_tokens::{self, OneTimeTokenError, Purpose},
    secrets,
    sessions::{self, Device},
    users::{self, Email, User},
};

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    WaitsForOther,
    Completed,
}

/// Asks both mailboxes, in place of a change that was asked for before. For somebody who has just proved every factor.
pub async fn request_email_change(
    app: &App,
    (user, session_id): (&User, SessionId),
    new_email: &Email,
    device: &Device,
) -> Result<(), EmailChangeError> {
    if new_email.key() == user.email.key() {
        return Err(EmailChangeError::Unchanged);
    }
    let now = app.clock.now();
    let limit = app.settings.email_changes_per_hour;
    app.db
        .transaction(async |conn| {
            sessions::lock_owner_in_tx(conn, (user.id, session_id), now).await?;
            request_in_tx(conn, (user.id, device), new_email, limit, now).await
        })
        .await
}

/// The user is locked.
async fn request_in_tx(
    conn: &mut Conn,
    (user_id, device): (UserId, &Device),
    new_email: &Email,
    limit: i64,
    now: Timestamp,
) -> Result<(), EmailChangeError> {
    let asked = AuditEvent::own(AuditKind::EmailChangeRequested, user_id, now).from(device);
    let since = now - SignedDuration::from_hours(1);
    if one_time_tokens::store::count_since(conn, user_id, Purpose::ConfirmCurrentEmail, since).await? >= limit {
        return Ok(audit::record_in_tx(conn, &asked.failed("too_many")).await?);
    }
    store::cancel_in_tx(conn, user_id, now).await?;
    let current = one_time_tokens::store::insert(conn, user_id, Purpose::ConfirmCurrentEmail, now).await?;
    let new = one_time_tokens::store::insert(conn, user_id, Purpose::ConfirmNewEmail, now).await?;
    store::insert(conn, user_id, new_email, (current, new), now).await?;
    // The mailbox of somebody else's account is left alone. The same rows are read and written either way, so the time
    // does not tell whether the address has an account.
    let is_free = !users::store::has_verified_account(conn, new_email).await?;
    let user = users::store::advance(conn, user_id, now).await?;
    events::requested(conn, &user, new_email, (current, is_free.then_some(new)), now).await?;
    Ok(audit::record_in_tx(conn, &asked).await?)
}

/// Follows the link of one mailbox. The second one changes the address.
pub async fn confirm_email_change(app: &App, secret: &str, device: &Device) -> Result<Progress, EmailChangeError> {
    let hash = secrets::hash(secret);
    let now = app.clock.now();
    let changed = app.db.transaction(async |conn| confirm_in_tx(conn, &hash, device, now).await).await;
    changed.map_err(|error| match error {
        EmailChangeError::Store(error) if error.violated_constraint() == Some("users_email") => EmailChangeError::Taken,
        error => error,
    })
}

async fn confirm_in_tx(
    conn: &mut Conn,
    hash: &[u8],
    device: &Device,
    now: Timestamp,
) -> Result<Progress, EmailChangeError> {
    let (user_id, side) = owner_of_link(conn, hash).await?.ok_or(OneTimeTokenError::Unknown)?;
    let user = users::store::lock(conn, user_id).await?.ok_or(OneTimeTokenError::Unknown)?;
    let token = one_time_tokens::store::lock_by_secret(conn, purpose(side), hash).await?;
    let token = token.ok_or(OneTimeTokenError::Unknown)?;
    token.ensure_usable(now)?;
    let change = store::find_of_user(conn, user_id).await?.filter(|change| change.token_of(side) == token.id);
    let change = change.ok_or(OneTimeTokenError::Used)?;
    one_time_tokens::store::mark_used(conn, token.id, now).await?;
    let confirmed = AuditEvent::own(AuditKind::EmailChangeConfirmed, user_id, now).from(device);
    audit::record_in_tx(conn, &confirmed.with("mailbox", mailbox(side))).await?;
    if !change.is_completed_by(side) {
        store::confirm(conn, user_id, side, now).await?;
        return Ok(Progress::WaitsForOther);
    }
    complete_in_tx(conn, &user, &change, device, now).await?;
    Ok(Progress::Completed)
}

async fn complete_in_tx(
    conn: &mut Conn,
    user: &User,
    change: &EmailChange,
    device: &Device,
    now: Timestamp,
) -> Result<(), EmailChangeError> {
    store::cancel_in_tx(conn, user.id, now).await?;
    // A link that lies in the old mailbox opens nothing any more.
    one_time_tokens::store::supersede_all(conn, user.id, Purpose::ResetPassword, now).await?;
    users::remove_unverified_in_tx(conn, &change.new_email, now).await?;
    let changed = users::store::set_email(conn, user.id, &change.new_email, now).await?;
    events::changed(conn, &changed, &user.email, now).await?;
    audit::record_in_tx(conn, &AuditEvent::own(AuditKind::EmailChanged, user.id, now).from(device)).await?;
    Ok(())
}

async fn owner_of_link(conn: &mut Conn, hash: &[u8]) -> Result<Option<(UserId, Side)>, ::store::Error> {
    for side in [Side::Current, Side::New] {
        if let Some(user_id) = one_time_tokens::store::owner_of_secret(conn, purpose(side), hash).await? {
            return Ok(Some((user_id, side)));
        }
    }
    Ok(None)
}

fn purpose(side: Side) -> Purpose {
    match side {
        Side::Current => Purpose::ConfirmCurrentEmail,
        Side::New => Purpose::ConfirmNewEmail,
    }
}

fn mailbox(side: Side) -> &'static str {
    match side {
        Side::Current => "current",
        Side::New => "new",
    }
}
