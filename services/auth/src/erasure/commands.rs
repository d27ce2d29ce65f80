//! `erase_account`: proves the person, and takes everything of theirs at once.

use ::store::Conn;
use contracts::auth::v1::UserErased;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;

use super::{ErasureError, store};
use crate::{
    App,
    actor::Actor,
    api_keys::{self, KeyOwner},
    audit::{self, AuditKind},
    data_exports, invitations, login, members,
    passwords::{PasswordHash, PresentedPassword},
    photos,
    secrets::SecretKind,
    sessions,
    users::{self, User},
};

/// Erases the caller's account, for whoever knows its password. Refused while they are the last owner of a company.
pub async fn erase_account(app: &App, actor: &Actor, password: PresentedPassword) -> Result<(), ErasureError> {
    confirm_password(app, actor, password).await?;
    // Nobody knows it, and an attempt to log in meets a hash like any other.
    let unknown_password = app.passwords.hash(SecretKind::OneTimeToken.generate()).await?;
    let now = app.clock.now();
    app.db.transaction(async |conn| erase_in_tx(conn, actor, &unknown_password, now).await).await
}

/// Failures count as failed logins do, so that a stolen session is no way to guess a password.
async fn confirm_password(app: &App, actor: &Actor, password: PresentedPassword) -> Result<(), ErasureError> {
    let (user, hash) = {
        let mut conn = app.db.conn().await?;
        let user = users::store::find(&mut conn, actor.user_id).await?.ok_or(ErasureError::NotFound)?;
        let hash = users::store::account_of(&mut conn, &user).await?.password_hash;
        (user, hash)
    };
    let matches = app.passwords.verify(password.into_secret(), Some(hash)).await?;
    let (key, policy, now) = (app.email_key.name(&user.email.key()), app.settings.lockout, app.clock.now());
    // A refusal is counted, so it commits too.
    app.db
        .transaction(async |conn| {
            let failures = login::store::lock(conn, &key, now).await?;
            if matches && !failures.is_locked(policy, now) {
                login::store::forget(conn, &key).await?;
                return Ok::<_, ErasureError>(Ok(()));
            }
            login::store::save(conn, &key, failures.after_failure(policy, now)).await?;
            Ok(Err(ErasureError::WrongPassword))
        })
        .await?
}

async fn erase_in_tx(
    conn: &mut Conn,
    actor: &Actor,
    unknown_password: &PasswordHash,
    now: Timestamp,
) -> Result<(), ErasureError> {
    let user = users::store::lock(conn, actor.user_id).await?.ok_or(ErasureError::NotFound)?;
    members::leave_all_in_tx(conn, actor, now).await?;
    api_keys::revoke_all_in_tx(conn, KeyOwner::User(user.id), actor, now).await?;
    sessions::end_all_in_tx(conn, user.id, now).await?;
    forget_in_tx(conn, &user, now).await?;
    let version = store::erase(conn, user.id, unknown_password, now).await?;
    audit::record_in_tx(conn, &actor.did(AuditKind::AccountErased, now).about(user.id)).await?;
    tell(conn, &user, version, now).await
}

async fn forget_in_tx(conn: &mut Conn, user: &User, now: Timestamp) -> Result<(), ::store::Error> {
    invitations::store::delete_of_address(conn, &user.email).await?;
    photos::store::discard_current(conn, user.id, now).await?;
    data_exports::store::end_all_of_user(conn, user.id, now).await?;
    store::forget_traces(conn, user.id).await
}

async fn tell(conn: &mut Conn, user: &User, version: i64, now: Timestamp) -> Result<(), ErasureError> {
    let change = Change {
        aggregate_type: "user",
        aggregate_id: user.id.uuid(),
        version,
        ordinal: 0,
        tenant: None,
        occurred_at: now,
    };
    enqueue(conn, change, &UserErased { user_id: user.id.to_string() }).await?;
    Ok(())
}
