//! Who wants what, and who is done with it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use tokio::sync::{mpsc::UnboundedSender, oneshot};
use uuid::Uuid;

use crate::{Envelope, ListenEvent, PublishOutcome, Settlement};

#[derive(Default)]
pub(super) struct State {
    open: bool,
    consumers: BTreeMap<String, Consumer>,
    in_flight: HashMap<Uuid, InFlight>,
    listeners: Vec<(HashSet<String>, UnboundedSender<ListenEvent>)>,
}

struct Consumer {
    event_types: HashSet<String>,
    /// Closed while the consumer is stopped. Its name stays: an event it wants must not count as published.
    queue: UnboundedSender<Arc<Envelope>>,
}

/// An event that some consumer is not done with.
struct InFlight {
    /// The consumers still to commit or park it.
    open: Vec<String>,
    /// The relays that want to know.
    waiting: Vec<oneshot::Sender<()>>,
}

impl InFlight {
    fn settlement(&mut self) -> PublishOutcome {
        let (sender, settlement) = Settlement::new();
        self.waiting.push(sender);
        PublishOutcome::Pending(settlement)
    }
}

impl State {
    pub(super) fn open(&mut self) {
        self.open = true;
    }

    pub(super) fn subscribe(
        &mut self,
        name: &str,
        event_types: HashSet<String>,
        queue: UnboundedSender<Arc<Envelope>>,
    ) {
        self.consumers.insert(name.to_owned(), Consumer { event_types, queue });
    }

    pub(super) fn listen(&mut self, event_types: HashSet<String>, sender: UnboundedSender<ListenEvent>) {
        self.listeners.push((event_types, sender));
    }

    /// Hands the event to its consumers, unless it is on its way already.
    pub(super) fn offer(&mut self, envelope: &Arc<Envelope>) -> PublishOutcome {
        if !self.open {
            return PublishOutcome::Failed("the bus is not open yet".to_owned());
        }
        if let Some(in_flight) = self.in_flight.get_mut(&envelope.id) {
            return in_flight.settlement();
        }
        let wanting =
            || self.consumers.iter().filter(|(_, consumer)| consumer.event_types.contains(&envelope.event_type));
        if let Some((name, _)) = wanting().find(|(_, consumer)| consumer.queue.is_closed()) {
            return PublishOutcome::Failed(format!("the consumer {name} has stopped"));
        }
        for (_, consumer) in wanting() {
            // A queue that closes this instant is swept by `abandon`, which waits for the lock we hold.
            let _ = consumer.queue.send(Arc::clone(envelope));
        }
        let open: Vec<String> = wanting().map(|(name, _)| name.clone()).collect();
        self.tell_listeners(envelope);
        if open.is_empty() {
            return PublishOutcome::Published;
        }
        let mut in_flight = InFlight { open, waiting: Vec::new() };
        let outcome = in_flight.settlement();
        self.in_flight.insert(envelope.id, in_flight);
        outcome
    }

    fn tell_listeners(&mut self, envelope: &Arc<Envelope>) {
        self.listeners.retain(|(event_types, listener)| {
            if event_types.contains(&envelope.event_type) {
                listener.send(ListenEvent::Event(Arc::clone(envelope))).is_ok()
            } else {
                !listener.is_closed()
            }
        });
    }

    /// A consumer has committed or parked the event.
    pub(super) fn settle(&mut self, consumer: &str, event_id: Uuid) {
        let Some(in_flight) = self.in_flight.get_mut(&event_id) else { return };
        in_flight.open.retain(|name| name != consumer);
        if in_flight.open.is_empty()
            && let Some(done) = self.in_flight.remove(&event_id)
        {
            for waiting in done.waiting {
                // A relay that has stopped meanwhile finds the event in no need of it next time.
                let _ = waiting.send(());
            }
        }
    }

    /// A consumer has stopped: what it was not done with is forgotten here, and published again by the relays when
    /// the consumer is back.
    pub(super) fn abandon(&mut self, consumer: &str) {
        self.in_flight.retain(|_, in_flight| !in_flight.open.iter().any(|name| name == consumer));
    }
}
