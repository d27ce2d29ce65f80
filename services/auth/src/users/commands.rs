//! What people do with their own account.

use ::store::Conn;
use jiff::Timestamp;
use kernel::UserId;

use super::{Email, PersonName, Profile, User, UserError, UserRole, events, store, store::NewAccount};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    one_time_tokens::{self, Purpose},
    sessions::Device,
};

pub async fn find_user(app: &App, id: UserId) -> Result<User, UserError> {
    let mut conn = app.db.conn().await?;
    store::find(&mut conn, id).await?.ok_or(UserError::NotFound)
}

pub async fn find_profile(app: &App, id: UserId) -> Result<Profile, UserError> {
    let mut conn = app.db.conn().await?;
    store::find_profile(&mut conn, id).await?.ok_or(UserError::NotFound)
}

pub async fn update_profile(app: &App, id: UserId, name: &PersonName) -> Result<Profile, UserError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let user = store::set_name(conn, id, name, now).await?.ok_or(UserError::NotFound)?;
            events::updated(conn, &user, now).await?;
            Ok(store::profile_of(conn, user).await?)
        })
        .await
}

pub async fn set_role(app: &App, id: UserId, role: UserRole, device: &Device) -> Result<Profile, UserError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let user = store::set_role(conn, id, role, now).await?.ok_or(UserError::NotFound)?;
            events::updated(conn, &user, now).await?;
            let changed = AuditEvent::own(AuditKind::RoleChanged, id, now).from(device).with("role", role.as_str());
            audit::record_in_tx(conn, &changed).await?;
            Ok(store::profile_of(conn, user).await?)
        })
        .await
}

/// An account that waits becomes what its owner has asked for; nobody knows who has asked for what it was before. Links
/// that were mailed for it work no more. The account is locked.
pub async fn verify_in_tx(
    conn: &mut Conn,
    user: &User,
    account: &NewAccount,
    now: Timestamp,
) -> Result<User, ::store::Error> {
    let user = store::replace(conn, user.id, account, Some(now), now).await?;
    one_time_tokens::store::supersede_all(conn, user.id, Purpose::VerifyEmail, now).await?;
    events::verified(conn, &user, now).await?;
    Ok(user)
}

/// Frees an address that somebody has proved to be theirs from an account nobody has proved anything for.
pub async fn remove_unverified_in_tx(conn: &mut Conn, email: &Email, now: Timestamp) -> Result<(), ::store::Error> {
    for (id, version) in store::delete_unverified(conn, email).await? {
        events::erased(conn, (id, version), now).await?;
    }
    Ok(())
}

/// Forgets accounts that nobody has verified in time.
pub async fn remove_abandoned(app: &App, now: Timestamp) -> Result<(), ::store::Error> {
    app.db
        .transaction(async |conn| {
            for (id, version) in store::delete_abandoned(conn, now).await? {
                events::erased(conn, (id, version), now).await?;
            }
            Ok(())
        })
        .await
}
