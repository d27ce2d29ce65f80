//! The order for a verification mail.

use contracts::auth::v1::VerificationRequested;
use events::outbox::enqueue;
use jiff::Timestamp;
use kernel::OneTimeTokenId;
use store::{Conn, Error};

use crate::users::{self, PersonName, User};

/// `name` is the one the link will confirm. `ordinal` is 1 where the same change also registered the user.
pub async fn verification_requested(
    conn: &mut Conn,
    user: &User,
    (token_id, name): (OneTimeTokenId, &PersonName),
    ordinal: i16,
    now: Timestamp,
) -> Result<(), Error> {
    let event = VerificationRequested {
        token_id: token_id.to_string(),
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: name.as_str().to_owned(),
    };
    enqueue(conn, users::events::change(user, ordinal, now), &event).await.map(drop)
}
