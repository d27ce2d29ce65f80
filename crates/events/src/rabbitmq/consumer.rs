//! One consumer's queue: deliveries side by side, each acknowledged after its commit.

use std::{pin::pin, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use lapin::{
    Acker, Channel, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::{FieldTable, ShortString},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    connection::{ANSWERS_WITHIN, Backoff, Connections, lost},
    message, probe,
    publisher::Publisher,
    topology::{self, ConsumerTopology, Names},
};
use crate::{
    Disposition, Envelope, Subscriber,
    lanes::{InLane, Lanes, Work},
};

/// Unacknowledged messages per delivery in progress: enough that none waits for the network.
const PREFETCH_PER_DELIVERY: usize = 8;

pub(super) struct Subscription {
    pub connections: Arc<Connections>,
    pub publisher: Arc<Publisher>,
    pub names: Names,
    pub subscriber: Arc<dyn Subscriber>,
}

/// A delivery with the means to acknowledge it.
struct Message {
    envelope: Arc<Envelope>,
    acker: Acker,
}

impl Work for Message {
    fn envelope(&self) -> &Arc<Envelope> {
        &self.envelope
    }
}

impl Subscription {
    /// Consumes until `stop`, in one session after another. `declared` is called when the queue exists for the first
    /// time.
    pub(super) async fn run(self, declared: impl FnOnce() + Send, stop: CancellationToken) {
        let mut declared = Some(declared);
        let mut backoff = Backoff::new();
        while !stop.is_cancelled() {
            backoff.session_begins();
            let session = async {
                let consuming = self.begin().await?;
                if let Some(declared) = declared.take() {
                    declared();
                }
                consuming.run(&stop).await
            };
            if let Err(error) = session.await {
                tracing::warn!(
                    consumer = self.subscriber.name(),
                    error = format!("{error:#}"),
                    "consuming interrupted"
                );
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = backoff.wait() => {}
                }
            }
        }
    }

    async fn begin(&self) -> anyhow::Result<Session<'_>> {
        let topology = ConsumerTopology::from(self.subscriber.as_ref());
        topology::declare_consumer_once(&self.connections, &self.names, &topology).await?;
        let channel = self.connections.channel().await?;
        let consumer = timeout(ANSWERS_WITHIN, self.consume(&channel)).await.context("no consumer in time")??;
        Ok(Session {
            subscription: self,
            consumer,
            lanes: Lanes::new(Arc::clone(&self.subscriber)),
            settling: FuturesUnordered::new(),
            channel,
        })
    }

    async fn consume(&self, channel: &Channel) -> anyhow::Result<Consumer> {
        let prefetch = (self.subscriber.concurrency() * PREFETCH_PER_DELIVERY).clamp(16, 512);
        channel.basic_qos(u16::try_from(prefetch)?, BasicQosOptions::default()).await?;
        let queue = message::short(&self.names.queue(self.subscriber.name()))?;
        // The broker makes up a consumer tag.
        let options = BasicConsumeOptions::default();
        Ok(channel.basic_consume(queue, "".into(), options, FieldTable::default()).await?)
    }

    /// The retry queue whose delay is nearest to what was asked for.
    fn retry_queue(&self, delay: Duration) -> Option<String> {
        let delays = self.subscriber.retry_delays();
        let nearest = delays.into_iter().min_by_key(|candidate| candidate.abs_diff(delay))?;
        Some(self.names.retry_queue(self.subscriber.name(), nearest))
    }
}

/// From the first message to the first error.
struct Session<'a> {
    subscription: &'a Subscription,
    channel: Channel,
    consumer: Consumer,
    lanes: Lanes<Message>,
    /// Acknowledgements and retries on their way to the broker.
    settling: FuturesUnordered<BoxFuture<'a, anyhow::Result<()>>>,
}

impl Session<'_> {
    /// Whatever ends it, deliveries in progress are finished first; the rest goes back to the queue with the channel.
    async fn run(mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let result = self.deliver_until(stop).await;
        let drained = self.drain().await;
        let _ = timeout(ANSWERS_WITHIN, self.channel.close(200, "done".into())).await;
        result.and(drained)
    }

    async fn deliver_until(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut lost = pin!(lost(self.channel.clone()));
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                lost = &mut lost => return Err(lost),
                delivery = self.consumer.next() => {
                    self.accept(delivery.context("the broker cancelled the consumer")??);
                }
                (InLane { lane, work: message }, disposition) = self.lanes.next() => {
                    self.finish(message, disposition)?;
                    self.lanes.release(lane);
                }
                Some(settled) = self.settling.next() => settled?,
            }
        }
    }

    fn accept(&mut self, mut delivery: Delivery) {
        if let Some(reply_to) = probe::reply_to(&delivery) {
            self.settling.push(answer_probe(self.channel.clone(), reply_to, delivery).boxed());
            return;
        }
        match message::envelope(&mut delivery) {
            Ok(envelope) => self.lanes.push(Message { envelope: Arc::new(envelope), acker: delivery.acker }),
            Err(error) => {
                // Nobody could handle or park it without knowing what it is.
                let routing_key = delivery.routing_key.as_str();
                tracing::error!(routing_key, error = format!("{error:#}"), "a message that is no event was dropped");
                self.settling.push(acknowledge(delivery.acker).boxed());
            }
        }
    }

    fn finish(&mut self, message: Message, disposition: Disposition) -> anyhow::Result<()> {
        match disposition {
            Disposition::Done | Disposition::Parked => self.settling.push(acknowledge(message.acker).boxed()),
            Disposition::RetryAfter(delay) => {
                self.settling.push(send_to_retry(self.subscription, message, delay).boxed());
            }
            // Ending the session returns everything to the queue, where another replica may have better luck.
            Disposition::Unavailable => return Err(anyhow!("the consumer's database is out of reach")),
        }
        Ok(())
    }

    async fn drain(&mut self) -> anyhow::Result<()> {
        let mut result = Ok(());
        while let Some((delivery, disposition)) = self.lanes.drain().await {
            result = self.finish(delivery.work, disposition).and(result);
        }
        let mut lost = pin!(lost(self.channel.clone()));
        loop {
            tokio::select! {
                lost = &mut lost => return Err(lost),
                settled = self.settling.next() => match settled {
                    Some(settled) => result = settled.and(result),
                    None => return result,
                }
            }
        }
    }
}

/// The message is in the retry queue before it leaves the consumer's: a crash between the two doubles it.
async fn send_to_retry(subscription: &Subscription, message: Message, delay: Duration) -> anyhow::Result<()> {
    let queue = subscription.retry_queue(delay).context("a consumer without retry queues asked for a retry")?;
    subscription.publisher.send_to_queue(&queue, &message.envelope).await.context("sending to the retry queue")?;
    acknowledge(message.acker).await
}

async fn answer_probe(channel: Channel, reply_to: ShortString, delivery: Delivery) -> anyhow::Result<()> {
    probe::answer(&channel, reply_to, &delivery).await?;
    acknowledge(delivery.acker).await
}

async fn acknowledge(acker: Acker) -> anyhow::Result<()> {
    acker.ack(BasicAckOptions::default()).await?;
    Ok(())
}
