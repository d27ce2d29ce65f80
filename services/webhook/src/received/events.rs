//! What the others are told.

use contracts::webhook::v1::ProviderEventReceived;
use events::outbox::Change;
use jiff::Timestamp;
use kernel::EventId;

use super::{model::ReceivedEvent, store::ReceivedRow};

/// The `version`th publication of an event.
pub fn publication(id: EventId, version: i64, now: Timestamp) -> Change {
    Change {
        aggregate_type: "provider_event",
        aggregate_id: id.uuid(),
        version,
        ordinal: 0,
        tenant: None,
        occurred_at: now,
    }
}

pub fn told_of_new(event: &ReceivedEvent) -> ProviderEventReceived {
    ProviderEventReceived {
        provider: event.provider.as_str().to_owned(),
        provider_event_id: event.provider_event_id.clone(),
        event_type: event.event_type.clone(),
        payload: event.payload.clone().into(),
        received_at_micros: event.received_at.as_microsecond(),
    }
}

pub fn told_of_stored(row: &ReceivedRow) -> ProviderEventReceived {
    ProviderEventReceived {
        provider: row.provider.clone(),
        provider_event_id: row.provider_event_id.clone(),
        event_type: row.event_type.clone(),
        payload: row.payload.clone().into(),
        received_at_micros: row.received_at.to_jiff().as_microsecond(),
    }
}
