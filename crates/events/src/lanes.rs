//! Deliveries side by side, those of one aggregate one after another.
//!
//! Consumers are right in any order, but in the usual case this spares them the disorder that handling several
//! deliveries at once would make.

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

/// A subscriber's deliveries in hand.
pub(crate) struct Lanes<W> {
    subscriber: Arc<dyn Subscriber>,
    limit: usize,
    paused: bool,
    /// The first of each aggregate that is not being handled.
    ready: VecDeque<W>,
    /// Every aggregate in `ready` or `running`, and what waits behind it.
    behind: HashMap<Uuid, VecDeque<W>>,
    running: JoinSet<(W, Disposition)>,
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
        let aggregate = work.envelope().aggregate_id;
        match self.behind.get_mut(&aggregate) {
            Some(queue) => queue.push_back(work),
            None => {
                self.behind.insert(aggregate, VecDeque::new());
                self.ready.push_back(work);
            }
        }
        self.start();
    }

    /// The next delivery that has ended; waits for ever when none is running. Its aggregate stays occupied until
    /// [`Lanes::release`] or [`Lanes::put_back`].
    pub(crate) async fn next(&mut self) -> (W, Disposition) {
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

    /// Lets the aggregate's next event go.
    pub(crate) fn release(&mut self, aggregate: Uuid) {
        match self.behind.get_mut(&aggregate).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => {
                self.behind.remove(&aggregate);
            }
        }
        self.start();
    }

    /// Keeps the delivery as the first to be tried again, and starts nothing until [`Lanes::resume`].
    pub(crate) fn put_back(&mut self, work: W) {
        self.paused = true;
        self.ready.push_front(work);
    }

    pub(crate) fn resume(&mut self) {
        self.paused = false;
        self.start();
    }

    /// Starts nothing any more; answers `None` when what was running has ended.
    pub(crate) async fn drain(&mut self) -> Option<(W, Disposition)> {
        self.paused = true;
        if self.running.is_empty() { None } else { Some(self.next().await) }
    }

    fn start(&mut self) {
        while !self.paused
            && self.running.len() < self.limit
            && let Some(work) = self.ready.pop_front()
        {
            let subscriber = Arc::clone(&self.subscriber);
            self.running.spawn(async move {
                let disposition = subscriber.deliver(work.envelope()).await;
                (work, disposition)
            });
        }
    }
}
