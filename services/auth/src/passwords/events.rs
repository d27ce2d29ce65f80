//! What the others hear of passwords; never the password.

use contracts::auth::v1::{PasswordChanged, PasswordResetRequested};
use events::outbox::enqueue;
use jiff::Timestamp;
use kernel::OneTimeTokenId;
use store::{Conn, Error};

use crate::users::{self, User};

pub async fn reset_requested(
    conn: &mut Conn,
    user: &User,
    token_id: OneTimeTokenId,
    now: Timestamp,
) -> Result<(), Error> {
    let event = PasswordResetRequested {
        token_id: token_id.to_string(),
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
    };
    enqueue(conn, users::events::change(user, 0, now), &event).await.map(drop)
}

/// `reason` is `reset` or `change`.
pub async fn changed(conn: &mut Conn, user: &User, reason: &str, now: Timestamp) -> Result<(), Error> {
    let event = PasswordChanged {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
        reason: reason.to_owned(),
    };
    enqueue(conn, users::events::change(user, 0, now), &event).await.map(drop)
}
