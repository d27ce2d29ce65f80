//! What a service does when it hears of an event.

use std::{collections::BTreeMap, error::Error as StdError};

use contracts::Event;
use diesel::result::Error as DieselError;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use store::Conn;
use uuid::Uuid;

use crate::Envelope;

/// Why a handler did not take effect. Its transaction is rolled back.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The database failed; out of reach means "later", without burning an attempt.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The event cannot be handled as things stand: retried with delays, then parked.
    #[error("{0}")]
    Rejected(#[source] Box<dyn StdError + Send + Sync>),
}

impl HandlerError {
    /// For a domain error. One that was caused by an unreachable database is recognised as such.
    pub fn rejected(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Rejected(error.into())
    }

    /// True when nothing is wrong with the event and the delivery should simply be repeated later.
    pub fn is_unavailable(&self) -> bool {
        store::is_unavailable(self)
    }
}

impl From<DieselError> for HandlerError {
    fn from(error: DieselError) -> Self {
        Self::Store(error.into())
    }
}

/// A decoded event with what its envelope says.
#[derive(Debug, Clone)]
pub struct Delivery<E> {
    pub event_id: Uuid,
    pub event: E,
    pub aggregate_id: Uuid,
    /// The aggregate's version after the change: a consumer that keeps state ignores older ones than it has.
    pub version: i64,
    pub tenant: Option<Uuid>,
    pub occurred_at: Timestamp,
}

type Handler<C> =
    Box<dyn for<'a> Fn(&'a C, &'a mut Conn, &'a Envelope) -> BoxFuture<'a, Result<(), HandlerError>> + Send + Sync>;

type Lane<C> = Box<dyn Fn(&C, &Envelope) -> Option<Uuid> + Send + Sync>;

/// The events a service consumes, each with its handler: `consumers.rs` reads as a table.
///
/// A handler runs inside a transaction that also records the event in the inbox; it must not reach over the network
/// and must be right in whatever order events arrive.
pub struct Consumers<C> {
    handlers: BTreeMap<String, Handler<C>>,
    lanes: BTreeMap<String, Lane<C>>,
}

impl<C> Default for Consumers<C> {
    fn default() -> Self {
        Self { handlers: BTreeMap::new(), lanes: BTreeMap::new() }
    }
}

impl<C: Send + Sync + 'static> Consumers<C> {
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles events of type `E`: `.on(|app, conn, held| Box::pin(booking_held::handle(app, conn, held)))`.
    pub fn on<E, F>(mut self, handler: F) -> Self
    where
        E: Event,
        F: for<'a> Fn(&'a C, &'a mut Conn, Delivery<E>) -> BoxFuture<'a, Result<(), HandlerError>>
            + Send
            + Sync
            + 'static,
    {
        let erased: Handler<C> = Box::new(move |state, conn, envelope| match decode::<E>(envelope) {
            Ok(delivery) => handler(state, conn, delivery),
            Err(error) => Box::pin(async { Err(HandlerError::rejected(error)) }),
        });
        self.handlers.insert(E::event_type(), erased);
        self
    }

    /// Says what events of type `E` are about, where each is an aggregate of its own: those about the same follow each
    /// other instead of waiting for each other's locks. Those of one aggregate must be about the same.
    pub fn about<E, F>(mut self, lane: F) -> Self
    where
        E: Event,
        F: Fn(&C, E) -> Option<Uuid> + Send + Sync + 'static,
    {
        let erased: Lane<C> = Box::new(move |state, envelope| lane(state, E::decode(envelope.payload.clone()).ok()?));
        self.lanes.insert(E::event_type(), erased);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.handlers.is_empty()
    }

    pub fn event_types(&self) -> Vec<String> {
        self.handlers.keys().cloned().collect()
    }

    pub(crate) fn lane(&self, state: &C, envelope: &Envelope) -> Uuid {
        let about = self.lanes.get(&envelope.event_type).and_then(|lane| lane(state, envelope));
        about.unwrap_or(envelope.aggregate_id)
    }

    pub(crate) async fn handle(&self, state: &C, conn: &mut Conn, envelope: &Envelope) -> Result<(), HandlerError> {
        match self.handlers.get(&envelope.event_type) {
            Some(handler) => handler(state, conn, envelope).await,
            None => Err(HandlerError::rejected(format!("no handler for {}", envelope.event_type))),
        }
    }
}

fn decode<E: Event>(envelope: &Envelope) -> Result<Delivery<E>, prost::DecodeError> {
    Ok(Delivery {
        event_id: envelope.id,
        event: E::decode(envelope.payload.clone())?,
        aggregate_id: envelope.aggregate_id,
        version: envelope.version,
        tenant: envelope.tenant,
        occurred_at: envelope.occurred_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum DomainError {
        #[error(transparent)]
        Store(#[from] store::Error),
    }

    #[test]
    fn a_lost_database_is_told_from_a_refusal_however_deep_it_lies() {
        let away = || store::Error::from(store::OutOfReach("no connection".to_owned()));
        assert!(HandlerError::from(away()).is_unavailable());
        assert!(HandlerError::rejected(DomainError::from(away())).is_unavailable());
        assert!(!HandlerError::from(DieselError::NotFound).is_unavailable());
        assert!(!HandlerError::rejected("no such room").is_unavailable());
    }
}
