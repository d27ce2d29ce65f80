//! Deliveries side by side, those of one lane one after another.
//!
//! A lane is an aggregate, or what the subscriber knows its events to be about. Consumers are right in any order, but in
//! the usual case this spares them the disorder that handling several deliveries at once would make, and does not let
//! deliveries wait for each other's locks that could let others pass meanwhile.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{Disposition, Envelope, Subscriber};

/// Something to deliver, with whatever its bus needs to settle it.
pub(crate) trait Work: Send + 'static {
    fn envelope(&self) -> &Arc<Envelope>;
}

impl Work for Arc<Envelope> {
    fn envelope(&self) -> &Arc<Envelope> {
        self
    }
}

/// A delivery in its lane.
pub(crate) struct InLane<W> {
    pub lane: Uuid,
    pub work: W,
}

/// A subscriber's deliveries in hand.
pub(crate) struct Lanes<W> {
    subscriber: Arc<dyn Subscriber>,
    limit: usize,
    paused: bool,
    /// The first of each lane that is not being handled.
    ready: VecDeque<InLane<W>>,
    /// Every lane with something in `ready` or `running`, and what waits behind it.
    behind: HashMap<Uuid, VecDeque<W>>,
    running: JoinSet<(InLane<W>, Disposition)>,
}

impl<W: Work> Lanes<W> {
    pub(crate) fn new(subscriber: Arc<dyn Subscriber>) -> Self {
        let limit = subscriber.concurrency().max(1);
        Self {
            subscriber,
            limit,
            paused: false,
            ready: VecDeque::new(),
            behind: HashMap::new(),
            running: JoinSet::new(),
        }
    }

    pub(crate) fn push(&mut self, work: W) {
        let lane = self.subscriber.lane(work.envelope());
        match self.behind.get_mut(&lane) {
            Some(queue) => queue.push_back(work),
            None => {
                self.behind.insert(lane, VecDeque::new());
                self.ready.push_back(InLane { lane, work });
            }
        }
        self.start();
    }

    /// The next delivery that has ended; waits for ever when none is running. Its lane stays occupied until
    /// [`Lanes::release`] or [`Lanes::put_back`].
    pub(crate) async fn next(&mut self) -> (InLane<W>, Disposition) {
        loop {
            match self.running.join_next().await {
                Some(Ok(finished)) => return finished,
                // The runtime is going down, or a subscriber broke its promise not to panic: the bus still holds
                // the event and delivers it after the next start.
                Some(Err(error)) => tracing::error!(%error, "a delivery ended without an answer"),
                None => std::future::pending().await,
            }
        }
    }

    /// Lets the lane's next delivery go.
    pub(crate) fn release(&mut self, lane: Uuid) {
        match self.behind.get_mut(&lane).and_then(VecDeque::pop_front) {
            Some(work) => self.ready.push_back(InLane { lane, work }),
            None => {
                self.behind.remove(&lane);
            }
        }
        self.start();
    }

    /// Keeps the delivery as the first to be tried again, and starts nothing until [`Lanes::resume`].
    pub(crate) fn put_back(&mut self, delivery: InLane<W>) {
        self.paused = true;
        self.ready.push_front(delivery);
    }

    pub(crate) fn resume(&mut self) {
        self.paused = false;
        self.start();
    }

    /// Starts nothing any more; answers `None` when what was running has ended.
    pub(crate) async fn drain(&mut self) -> Option<(InLane<W>, Disposition)> {
        self.paused = true;
        if self.running.is_empty() { None } else { Some(self.next().await) }
    }

    fn start(&mut self) {
        while !self.paused
            && self.running.len() < self.limit
            && let Some(delivery) = self.ready.pop_front()
        {
            let subscriber = Arc::clone(&self.subscriber);
            self.running.spawn(async move {
                let disposition = subscriber.deliver(delivery.work.envelope()).await;
                (delivery, disposition)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tokio::sync::Semaphore;

    use super::*;

    /// Its events are about what their type says; each waits for its turn.
    struct Gate(Semaphore);

    #[async_trait]
    impl Subscriber for Gate {
        fn name(&self) -> &str {
            "gate"
        }

        fn event_types(&self) -> Vec<String> {
            Vec::new()
        }

        fn lane(&self, envelope: &Envelope) -> Uuid {
            Uuid::from_u128(envelope.event_type.len() as u128)
        }

        async fn deliver(&self, _: &Envelope) -> Disposition {
            self.0.acquire().await.expect("never closed").forget();
            Disposition::Done
        }
    }

    fn event(about: &str, version: i64) -> Arc<Envelope> {
        Arc::new(Envelope {
            id: kernel::new_uuid(),
            event_type: about.to_owned(),
            aggregate_type: "provider_event".to_owned(),
            aggregate_id: kernel::new_uuid(),
            version,
            ordinal: 0,
            tenant: None,
            traceparent: None,
            occurred_at: jiff::Timestamp::UNIX_EPOCH,
            payload: Default::default(),
        })
    }

    #[tokio::test]
    async fn those_about_the_same_follow_each_other_and_let_others_pass() {
        let gate = Arc::new(Gate(Semaphore::new(0)));
        let mut lanes = Lanes::new(gate.clone());
        for envelope in [event("a", 1), event("a", 2), event("a", 3), event("bb", 1)] {
            lanes.push(envelope);
        }
        assert_eq!(lanes.running.len(), 2, "one of each");
        gate.0.add_permits(4);
        let mut seen = Vec::new();
        for _ in 0..4 {
            let (delivery, _) = lanes.next().await;
            seen.push((delivery.work.event_type.clone(), delivery.work.version));
            lanes.release(delivery.lane);
        }
        seen.sort_by_key(|(about, _)| about.clone());
        let same = |version| ("a".to_owned(), version);
        assert_eq!(seen, [same(1), same(2), same(3), ("bb".to_owned(), 1)]);
        assert!(lanes.behind.is_empty(), "no lane is kept that nobody is in");
    }
}
