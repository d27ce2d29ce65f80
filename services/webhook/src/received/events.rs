//! What the others are told.

use contracts::webhook::v1::ProviderEventReceived;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use store::{Conn, Error};

use super::store::ReceivedRow;

/// Publishes a stored event as its `version`th publication.
pub async fn enqueue_received(conn: &mut Conn, row: &ReceivedRow, now: Timestamp) -> Result<(), Error> {
    let event = ProviderEventReceived {
        provider: row.provider.clone(),
        provider_event_id: row.provider_event_id.clone(),
        event_type: row.event_type.clone(),
        payload: row.payload.clone().into(),
        received_at_micros: row.received_at.to_jiff().as_microsecond(),
    };
    let change = Change {
        aggregate_type: "provider_event",
        aggregate_id: row.id.uuid(),
        version: row.version,
        ordinal: 0,
        tenant: None,
        occurred_at: now,
    };
    enqueue(conn, change, &event).await?;
    Ok(())
}
