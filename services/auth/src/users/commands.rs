//! What people do with their own account.

use kernel::UserId;

use super::{PersonName, Profile, User, UserError, UserRole, events, store};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
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
