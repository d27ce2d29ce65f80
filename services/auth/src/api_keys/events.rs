//! What the others hear of keys.

use contracts::auth::v1::ApiKeyRevoked;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use store::{Conn, Error};

use super::{ApiKey, KeyOwner};

pub async fn revoked(conn: &mut Conn, key: &ApiKey, now: Timestamp) -> Result<(), Error> {
    let (user_id, company_id) = match key.owner {
        KeyOwner::User(id) => (id.to_string(), String::new()),
        KeyOwner::Company(id) => (String::new(), id.to_string()),
    };
    let change = Change {
        aggregate_type: "api_key",
        aggregate_id: key.id.uuid(),
        version: key.version,
        ordinal: 0,
        tenant: match key.owner {
            KeyOwner::User(_) => None,
            KeyOwner::Company(id) => Some(id.uuid()),
        },
        occurred_at: now,
    };
    enqueue(conn, change, &ApiKeyRevoked { key_id: key.id.to_string(), user_id, company_id }).await.map(drop)
}
