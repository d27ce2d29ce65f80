//! What the others hear of people.

use contracts::auth::v1::{UserErased, UserRegistered, UserUpdated, UserVerified};
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use kernel::UserId;
use store::{Conn, Error};

use super::User;

/// A change of this user, to the version it has now.
pub fn change(user: &User, ordinal: i16, now: Timestamp) -> Change {
    Change {
        aggregate_type: "user",
        aggregate_id: user.id.uuid(),
        version: user.version,
        ordinal,
        tenant: None,
        occurred_at: now,
    }
}

pub async fn registered(conn: &mut Conn, user: &User, now: Timestamp) -> Result<(), Error> {
    let event = UserRegistered {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
    };
    enqueue(conn, change(user, 0, now), &event).await.map(drop)
}

pub async fn verified(conn: &mut Conn, user: &User, now: Timestamp) -> Result<(), Error> {
    let event = UserVerified {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
    };
    enqueue(conn, change(user, 0, now), &event).await.map(drop)
}

/// The account is gone, or empty, in this version: others forget what they keep of the person.
pub async fn erased(conn: &mut Conn, (id, version): (UserId, i64), now: Timestamp) -> Result<(), Error> {
    let change =
        Change { aggregate_type: "user", aggregate_id: id.uuid(), version, ordinal: 0, tenant: None, occurred_at: now };
    enqueue(conn, change, &UserErased { user_id: id.to_string() }).await.map(drop)
}

pub async fn updated(conn: &mut Conn, user: &User, now: Timestamp) -> Result<(), Error> {
    let event = UserUpdated {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
    };
    enqueue(conn, change(user, 0, now), &event).await.map(drop)
}
