//! `erase_account`: takes everything of a person at once.

use ::store::Conn;
use jiff::Timestamp;
use kernel::SessionId;

use super::{ErasureError, store};
use crate::{
    App,
    actor::Actor,
    api_keys::{self, KeyOwner},
    audit::{self, AuditKind},
    data_exports, invitations, members,
    passwords::PasswordHash,
    photos,
    sessions::{self, EndReason},
    users::{self, User},
};

/// Erases the account of somebody who has just proved who they are. Refused while they are the last owner of a company.
pub async fn erase_account(app: &App, actor: &Actor, session_id: SessionId) -> Result<(), ErasureError> {
    let unknown_password = app.passwords.unknown();
    let now = app.clock.now();
    app.db.transaction(async |conn| erase_in_tx(conn, (actor, session_id), &unknown_password, now).await).await
}

async fn erase_in_tx(
    conn: &mut Conn,
    (actor, session_id): (&Actor, SessionId),
    unknown_password: &PasswordHash,
    now: Timestamp,
) -> Result<(), ErasureError> {
    let (user, _) = sessions::lock_owner_in_tx(conn, (actor.user_id, session_id), now).await?;
    members::leave_all_in_tx(conn, actor, now).await?;
    api_keys::revoke_all_in_tx(conn, KeyOwner::User(user.id), actor, now).await?;
    sessions::end_all_in_tx(conn, user.id, None, EndReason::AccountErased, now).await?;
    forget_in_tx(conn, &user, now).await?;
    let version = store::erase(conn, user.id, unknown_password, now).await?;
    audit::record_in_tx(conn, &actor.did(AuditKind::AccountErased, now).about(user.id)).await?;
    Ok(users::events::erased(conn, (user.id, version), now).await?)
}

async fn forget_in_tx(conn: &mut Conn, user: &User, now: Timestamp) -> Result<(), ::store::Error> {
    invitations::store::delete_of_person(conn, user).await?;
    photos::store::discard_current(conn, user.id, now).await?;
    data_exports::store::end_all_of_user(conn, user.id, now).await?;
    store::forget_ways_in(conn, user.id).await?;
    store::forget_devices(conn, user.id).await
}
