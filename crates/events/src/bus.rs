//! What carries events between services: one trait, in memory or over RabbitMQ.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{Disposition, Envelope};

/// What became of one published envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The bus has taken responsibility for every consumer.
    Published,
    /// Some consumer is not done yet; the bus keeps it and answers when asked again (memory bus only).
    Pending,
    /// Nothing is known to have happened; publish again later.
    Failed(String),
}

/// Carries events, at least once, in any order.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Publishes a wave of envelopes of different aggregates and answers each, in the order given.
    async fn publish(&self, wave: &[Arc<Envelope>]) -> Vec<PublishOutcome>;

    /// Delivers to the subscriber until `stop`; the handle ends when deliveries in progress have finished.
    fn subscribe(&self, subscriber: Arc<dyn Subscriber>, stop: CancellationToken) -> JoinHandle<()>;

    /// Hears the named event types from now on, without an inbox and without repetition: for caches that drop what
    /// changed. Ends with the receiver.
    fn listen(&self, event_types: Vec<String>) -> Listener;
}

/// One consumer group: a durable queue on RabbitMQ, named like the consumer.
#[async_trait]
pub trait Subscriber: Send + Sync + 'static {
    fn name(&self) -> &str;
    fn event_types(&self) -> Vec<String>;
    /// Handles one envelope in one transaction with its inbox row; never panics, never gives up silently.
    async fn deliver(&self, envelope: &Envelope) -> Disposition;
}

/// What a [`Bus::listen`] hears.
#[derive(Debug, Clone)]
pub enum ListenEvent {
    /// From here on nothing is missed; what was cached before may be stale.
    Connected,
    /// Events may be missed until the next `Connected`.
    Disconnected,
    Event(Arc<Envelope>),
}

/// The receiving end of [`Bus::listen`].
pub type Listener = mpsc::UnboundedReceiver<ListenEvent>;
