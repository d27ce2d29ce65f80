//! An event on its way: the contract's bytes and what routing, ordering and tracing need.

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

/// One event as it travels. Serialised whole only where it is parked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Envelope {
    /// UUIDv7; the message id, and the key of every consumer's inbox.
    pub id: Uuid,
    /// The routing key: `booking.booking_held.v1`.
    pub event_type: String,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    /// The aggregate's version after the change; events of one aggregate are published in this order.
    pub version: i64,
    /// Order among the events of one version.
    pub ordinal: i16,
    /// The company concerned, where there is one.
    pub tenant: Option<Uuid>,
    /// W3C trace context of the cause.
    pub traceparent: Option<String>,
    pub occurred_at: Timestamp,
    /// The event's Protobuf message.
    pub payload: Bytes,
}
