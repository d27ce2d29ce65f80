//! Forgetting, resetting and changing a password.

use ::store::Conn;
use actix_web::web::Data;
use jiff::{SignedDuration, Timestamp};
use kernel::SessionId;

use super::{NewPassword, PasswordChangeError, PasswordHash, events};
use crate::{
    App,
    actor::Actor,
    api_keys::{self, KeyOwner},
    audit::{self, AuditEvent, AuditKind},
    email_changes,
    intake::{self, Asked},
    login,
    one_time_tokens::{self, OneTimeTokenError, Purpose},
    secrets,
    sessions::{self, Device, EndReason},
    users::{self, Email, User},
};

/// Orders a mail with a link to choose a new password, or does nothing that the client could see.
pub async fn forgot_password(app: &Data<App>, email: Email, device: Device) -> Result<(), PasswordChangeError> {
    Ok(intake::take_in(app, &Asked::NewPassword { email, device }).await?)
}

/// Decides that somebody has asked for a new password.
pub async fn forgot_in_tx(
    conn: &mut Conn,
    app: &App,
    (email, device): (&Email, &Device),
    now: Timestamp,
) -> Result<(), ::store::Error> {
    let asked = AuditEvent::new(AuditKind::PasswordResetRequested, now).from(device);
    let Some(user) = users::store::lock_by_email(conn, email).await? else {
        return audit::record_in_tx(conn, &asked.failed("unknown_address")).await;
    };
    let asked = asked.about(user.id);
    // An address that was never verified is nobody's yet; its way in is the link of its registration.
    if !user.email_verified {
        return audit::record_in_tx(conn, &asked.failed("email_not_verified")).await;
    }
    let since = now - SignedDuration::from_hours(1);
    let mailed = one_time_tokens::store::count_since(conn, user.id, Purpose::ResetPassword, since).await?;
    if mailed >= app.settings.password_resets_per_hour {
        return audit::record_in_tx(conn, &asked.failed("too_many")).await;
    }
    let token_id = one_time_tokens::store::insert(conn, user.id, Purpose::ResetPassword, now).await?;
    let user = users::store::advance(conn, user.id, now).await?;
    events::reset_requested(conn, &user, token_id, now).await?;
    audit::record_in_tx(conn, &asked).await
}

/// Follows the link: the account has this password, everybody who was signed in is signed out, and personal API keys are
/// revoked.
pub async fn reset_password(
    app: &App,
    secret: &str,
    password: NewPassword,
    device: &Device,
) -> Result<(), PasswordChangeError> {
    let token_hash = secrets::hash(secret);
    let email = owner_of_link(app, &token_hash).await?.email;
    let reset = Reset {
        token_hash,
        email_key: app.email_key.name(&email.key()),
        password: app.passwords.hash(password.into_secret()).await?,
        device,
        now: app.clock.now(),
    };
    // A link that is over is told to the trail, so its refusal commits too.
    app.db.transaction(async |conn| reset.decide_in_tx(conn).await).await?
}

/// Nobody's password is hashed for a link that does not exist.
async fn owner_of_link(app: &App, token_hash: &[u8]) -> Result<User, PasswordChangeError> {
    let mut conn = app.db.conn().await?;
    let owner = one_time_tokens::store::owner_of_secret(&mut conn, Purpose::ResetPassword, token_hash).await?;
    let owner = users::store::find(&mut conn, owner.ok_or(OneTimeTokenError::Unknown)?).await?;
    Ok(owner.ok_or(OneTimeTokenError::Unknown)?)
}

struct Reset<'a> {
    token_hash: Vec<u8>,
    email_key: Vec<u8>,
    password: PasswordHash,
    device: &'a Device,
    now: Timestamp,
}

impl Reset<'_> {
    /// Locks the count of failed logins first, as a login does, then the user, then the token.
    async fn decide_in_tx(&self, conn: &mut Conn) -> Result<Result<(), PasswordChangeError>, PasswordChangeError> {
        login::lock(conn, &self.email_key, self.now).await?;
        let owner = one_time_tokens::store::owner_of_secret(conn, Purpose::ResetPassword, &self.token_hash).await?;
        let user = users::store::lock(conn, owner.ok_or(OneTimeTokenError::Unknown)?).await?;
        let user = user.ok_or(OneTimeTokenError::Unknown)?;
        let token = one_time_tokens::store::lock_by_secret(conn, Purpose::ResetPassword, &self.token_hash).await?;
        let token = token.ok_or(OneTimeTokenError::Unknown)?;
        let reset = AuditEvent::new(AuditKind::PasswordReset, self.now).about(user.id).from(self.device);
        if let Err(refusal) = token.ensure_usable(self.now) {
            audit::record_in_tx(conn, &reset.failed("link_is_over")).await?;
            return Ok(Err(refusal.into()));
        }
        one_time_tokens::store::mark_used(conn, token.id, self.now).await?;
        let ended = self.apply_in_tx(conn, &user).await?;
        audit::record_in_tx(conn, &reset.with("sessions", ended)).await?;
        Ok(Ok(()))
    }

    /// Whoever else had a hand on the account has none any more.
    async fn apply_in_tx(&self, conn: &mut Conn, user: &User) -> Result<usize, PasswordChangeError> {
        login::forget(conn, &self.email_key).await?;
        one_time_tokens::store::supersede_all(conn, user.id, Purpose::ResetPassword, self.now).await?;
        email_changes::cancel_in_tx(conn, user.id, self.now).await?;
        let user = users::store::set_password(conn, user.id, &self.password, self.now).await?;
        events::changed(conn, &user, "reset", self.now).await?;
        let actor = Actor { user_id: user.id, device: self.device.clone() };
        api_keys::revoke_all_in_tx(conn, KeyOwner::User(user.id), &actor, self.now).await?;
        Ok(sessions::end_all_in_tx(conn, user.id, None, EndReason::PasswordReset, self.now).await?)
    }
}

/// Gives the account another password and signs its other devices out. For somebody who has just proved every factor.
pub async fn change_password(
    app: &App,
    user: &User,
    current: SessionId,
    password: NewPassword,
    device: &Device,
) -> Result<(), PasswordChangeError> {
    let hash = app.passwords.hash(password.into_secret()).await?;
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            sessions::lock_owner_in_tx(conn, (user.id, current), now).await?;
            let user = users::store::set_password(conn, user.id, &hash, now).await?;
            one_time_tokens::store::supersede_all(conn, user.id, Purpose::ResetPassword, now).await?;
            events::changed(conn, &user, "change", now).await?;
            let reason = EndReason::PasswordChanged;
            let ended = sessions::end_all_in_tx(conn, user.id, Some(current), reason, now).await?;
            let changed = AuditEvent::own(AuditKind::PasswordChanged, user.id, now).from(device);
            audit::record_in_tx(conn, &changed.with("sessions", ended)).await?;
            Ok(())
        })
        .await
}
