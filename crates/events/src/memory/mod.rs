//! The bus of one process: events go from task to task.
//!
//! It keeps, per event and consumer, whether the consumer is done. An event counts as published when every consumer
//! of its type has committed or parked it; until then its outbox row stays unpublished, so that nothing is lost with
//! the process. A consumer that fails delays only itself: later events of the same aggregate reach the others, and
//! itself, meanwhile.

mod consumer;
mod state;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::state::State;
use crate::{Bus, Envelope, ListenEvent, Listener, PublishOutcome, Subscriber};

/// Delivers inside the process. The default of `roomtone up`.
#[derive(Default)]
pub struct MemoryBus {
    shared: Arc<Shared>,
}

impl MemoryBus {
    /// A bus that is not open yet: see [`Bus::open`].
    pub fn new() -> Self {
        Self::default()
    }
}

#[derive(Default)]
struct Shared(Mutex<State>);

impl Shared {
    /// Never held across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Bus for MemoryBus {
    fn open(&self) {
        self.shared.state().open();
    }

    async fn publish(&self, wave: &[Arc<Envelope>]) -> Vec<PublishOutcome> {
        let mut state = self.shared.state();
        wave.iter().map(|envelope| state.offer(envelope)).collect()
    }

    /// A consumer that subscribes again under the same name takes the place of the one before.
    fn subscribe(&self, subscriber: Arc<dyn Subscriber>, stop: CancellationToken) -> JoinHandle<()> {
        let (sender, queue) = mpsc::unbounded_channel();
        let event_types: HashSet<String> = subscriber.event_types().into_iter().collect();
        self.shared.state().subscribe(subscriber.name(), event_types, sender);
        tokio::spawn(consumer::run(Arc::clone(&self.shared), subscriber, queue, stop))
    }

    fn listen(&self, event_types: Vec<String>) -> Listener {
        let (sender, receiver) = mpsc::unbounded_channel();
        // Fails only without a receiver, and that is still in our hands.
        let _ = sender.send(ListenEvent::Connected);
        self.shared.state().listen(event_types.into_iter().collect(), sender);
        receiver
    }
}
