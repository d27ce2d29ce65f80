//! What carries events between services: one trait, in memory or over RabbitMQ.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Disposition, Envelope, RetryPolicy};

/// What became of one published envelope.
#[derive(Debug)]
pub enum PublishOutcome {
    /// The bus has taken responsibility for every consumer.
    Published,
    /// Some consumer is not done yet; the bus keeps it, does not deliver it twice at once, and tells when it is done.
    /// Only the memory bus answers so.
    Pending(Settlement),
    /// Nothing is known to have happened; publish again later.
    Failed(String),
}

/// Completes when every consumer is done with a pending envelope.
#[derive(Debug)]
pub struct Settlement(oneshot::Receiver<()>);

impl Settlement {
    /// A settlement and the means to announce it.
    pub fn new() -> (oneshot::Sender<()>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }

    /// True when every consumer has committed or parked; false when the bus gave up and the envelope has to be
    /// published again.
    pub async fn settled(self) -> bool {
        self.0.await.is_ok()
    }
}

/// Carries events, at least once, in any order.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Opens for publishing; call it once every consumer of this process has subscribed. Until then each
    /// publication fails and is repeated by its relay, so that no event passes a consumer that was about to come.
    fn open(&self);

    /// Publishes a wave of envelopes of different aggregates and answers each, in the order given.
    async fn publish(&self, wave: &[Arc<Envelope>]) -> Vec<PublishOutcome>;

    /// Delivers to the subscriber until `stop`; the handle ends when deliveries in progress have finished.
    fn subscribe(&self, subscriber: Arc<dyn Subscriber>, stop: CancellationToken) -> JoinHandle<()>;

    /// Hears the named event types from now on, without an inbox and without repetition: for caches that drop what
    /// changed. Ends with the receiver.
    fn listen(&self, event_types: Vec<String>) -> Listener;

    /// Lets go of what the bus holds outside this process. Call it last, when relays and subscriptions have ended.
    async fn close(&self) {}
}

/// One consumer group: a durable queue on RabbitMQ, named like the consumer.
#[async_trait]
pub trait Subscriber: Send + Sync + 'static {
    fn name(&self) -> &str;

    fn event_types(&self) -> Vec<String>;

    /// Handles one envelope in one transaction with its inbox row; never panics, never gives up silently.
    async fn deliver(&self, envelope: &Envelope) -> Disposition;

    /// How many deliveries are handled at once, each of another lane.
    fn concurrency(&self) -> usize {
        8
    }

    /// Deliveries of one lane follow each other. Whatever it is, those of one aggregate must be in one lane.
    fn lane(&self, envelope: &Envelope) -> Uuid {
        envelope.aggregate_id
    }

    /// The delays that `deliver` may ask for: one retry queue each on RabbitMQ.
    fn retry_delays(&self) -> Vec<Duration> {
        RetryPolicy::default().0
    }
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
