//! What the others hear of sessions. The gateway refuses a revoked one's access tokens at once.

use contracts::auth::v1::{RefreshTokenReused, SessionRevoked};
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use store::{Conn, Error};

use super::Session;
use crate::users::User;

fn change(session: &Session, ordinal: i16, now: Timestamp) -> Change {
    Change {
        aggregate_type: "session",
        aggregate_id: session.id.uuid(),
        version: session.version,
        ordinal,
        tenant: None,
        occurred_at: now,
    }
}

pub async fn revoked(conn: &mut Conn, session: &Session, now: Timestamp) -> Result<(), Error> {
    let event = SessionRevoked { session_id: session.id.to_string(), user_id: session.user_id.to_string() };
    enqueue(conn, change(session, 0, now), &event).await.map(drop)
}

pub async fn refresh_token_reused(
    conn: &mut Conn,
    session: &Session,
    user: &User,
    now: Timestamp,
) -> Result<(), Error> {
    let event = RefreshTokenReused {
        session_id: session.id.to_string(),
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
    };
    enqueue(conn, change(session, 1, now), &event).await.map(drop)
}
