//! Everything of this crate that runs inside a service.

use std::sync::Arc;

use store::{Db, Error};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Bus, ConsumerGroup, Disposition, Relay, Subscriber, relay, retention};

/// A service's running relay, consumers, replays and clean-up.
pub struct EventsRuntime {
    stop: CancellationToken,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

impl EventsRuntime {
    /// Starts what the service has: a relay for its database's outbox, a subscription for its consumers.
    ///
    /// The consumers are subscribed when this returns, so that the bus may be opened once every service has started.
    /// `stop` ends everything; [`EventsRuntime::drain`] too.
    pub fn start<C: Send + Sync + 'static>(
        db: Option<Db>,
        bus: Arc<dyn Bus>,
        group: Option<Arc<ConsumerGroup<C>>>,
        stop: &CancellationToken,
    ) -> Self {
        let stop = stop.child_token();
        let mut tasks = Vec::new();
        if let Some(group) = group.filter(|group| !group.consumers.is_empty()) {
            tasks.push(("subscription", bus.subscribe(Arc::clone(&group) as Arc<dyn Subscriber>, stop.clone())));
            tasks.push(("replays", tokio::spawn(group.replay_until(stop.clone()))));
        }
        if let Some(db) = db {
            tasks.push(("relay", tokio::spawn(Relay::new(db.clone(), bus).run(stop.clone()))));
            tasks.push(("retention", tokio::spawn(retention::sweep_until(db, stop.clone()))));
        }
        Self { stop, tasks }
    }

    /// Stops taking new work, finishes what is in progress and gives the leases back. Does not wait for events that
    /// are still to be published or delivered: they go on where they are after the next start.
    pub async fn drain(self) {
        self.stop.cancel();
        for (name, task) in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, task = name, "an events task ended badly");
            }
        }
    }
}

/// Delivers every unpublished event of an outbox that the subscriber wants straight to it, in the order a relay would
/// have published them, and answers how many took effect now or before. Marks nothing as published, so that it can be
/// called for one subscriber after another; for tests that step deliveries by hand.
pub async fn deliver_unpublished(from: &Db, to: &dyn Subscriber) -> Result<usize, Error> {
    let mut conn = from.conn().await?;
    let envelopes = relay::store::all_unpublished(&mut conn).await?;
    drop(conn);
    let wanted = to.event_types();
    let mut done = 0;
    for envelope in envelopes.iter().filter(|envelope| wanted.contains(&envelope.event_type)) {
        if to.deliver(envelope).await == Disposition::Done {
            done += 1;
        }
    }
    Ok(done)
}
