//! One consumer's deliveries in memory.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::{
    Disposition, Envelope, Subscriber,
    lanes::{InLane, Lanes},
};

const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

struct Consumer {
    shared: Arc<Shared>,
    name: String,
    lanes: Lanes<Arc<Envelope>>,
    /// Refused, and waiting for their delay to pass.
    retries: FuturesUnordered<BoxFuture<'static, Arc<Envelope>>>,
    backoff: Duration,
    /// Set while the consumer's database is out of reach.
    resume_at: Option<Instant>,
}

/// Delivers until `stop`, and then finishes what is in progress.
pub(super) async fn run(
    shared: Arc<Shared>,
    subscriber: Arc<dyn Subscriber>,
    mut queue: UnboundedReceiver<Arc<Envelope>>,
    stop: CancellationToken,
) {
    let mut consumer = Consumer {
        shared,
        name: subscriber.name().to_owned(),
        lanes: Lanes::new(subscriber),
        retries: FuturesUnordered::new(),
        backoff: BACKOFF_MIN,
        resume_at: None,
    };
    consumer.deliver_until(&mut queue, &stop).await;
    queue.close();
    while let Some((delivery, disposition)) = consumer.lanes.drain().await {
        consumer.settle_if_done(&delivery.work, disposition);
    }
    consumer.shared.state().abandon(&consumer.name);
}

impl Consumer {
    async fn deliver_until(&mut self, queue: &mut UnboundedReceiver<Arc<Envelope>>, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(envelope) = queue.recv() => self.lanes.push(envelope),
                (delivery, disposition) = self.lanes.next() => self.finish(delivery, disposition),
                Some(envelope) = self.retries.next() => self.lanes.push(envelope),
                () = at(self.resume_at), if self.resume_at.is_some() => {
                    self.resume_at = None;
                    self.lanes.resume();
                }
            }
        }
    }

    fn finish(&mut self, delivery: InLane<Arc<Envelope>>, disposition: Disposition) {
        if disposition == Disposition::Unavailable {
            self.lanes.put_back(delivery);
            self.resume_at.get_or_insert(Instant::now() + self.backoff);
            self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
            return;
        }
        self.backoff = BACKOFF_MIN;
        let InLane { lane, work: envelope } = delivery;
        self.settle_if_done(&envelope, disposition);
        self.lanes.release(lane);
        if let Disposition::RetryAfter(delay) = disposition {
            self.retries.push(async move { (tokio::time::sleep(delay).await, envelope).1 }.boxed());
        }
    }

    fn settle_if_done(&self, envelope: &Envelope, disposition: Disposition) {
        if matches!(disposition, Disposition::Done | Disposition::Parked) {
            self.shared.state().settle(&self.name, envelope.id);
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
