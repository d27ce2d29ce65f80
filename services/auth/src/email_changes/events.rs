//! The order for the two mails, and the news of the change.

use contracts::auth::v1::{EmailChangeRequested, EmailChanged};
use events::outbox::enqueue;
use jiff::Timestamp;
use kernel::OneTimeTokenId;
use store::{Conn, Error};

use crate::users::{self, Email, User};

/// Without `new_token_id` the new address is not written to.
pub async fn requested(
    conn: &mut Conn,
    user: &User,
    new_email: &Email,
    (current_token_id, new_token_id): (OneTimeTokenId, Option<OneTimeTokenId>),
    now: Timestamp,
) -> Result<(), Error> {
    let event = EmailChangeRequested {
        user_id: user.id.to_string(),
        name: user.name.as_str().to_owned(),
        current_email: user.email.to_string(),
        current_token_id: current_token_id.to_string(),
        new_email: new_email.to_string(),
        new_token_id: new_token_id.map(|id| id.to_string()).unwrap_or_default(),
    };
    enqueue(conn, users::events::change(user, 0, now), &event).await.map(drop)
}

pub async fn changed(conn: &mut Conn, user: &User, previous: &Email, now: Timestamp) -> Result<(), Error> {
    let event = EmailChanged {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
        previous_email: previous.to_string(),
    };
    enqueue(conn, users::events::change(user, 0, now), &event).await.map(drop)
}
