//! Exchanges, queues and bindings: the one place that names and declares them.
//!
//! Declared is what is structure: queue type, delays and where messages go from a retry queue. What is a limit is a
//! policy, which can be changed on a running broker; [`definitions`] has them.

use std::time::Duration;

use anyhow::Context;
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    RabbitMqConfig,
    connection::{ANSWERS_WITHIN, Connections, hang_up},
    event_types,
    message::short,
};
use crate::Subscriber;

/// What the broker has to hold for one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerTopology {
    pub name: String,
    pub event_types: Vec<String>,
    pub retry_delays: Vec<Duration>,
}

impl From<&dyn Subscriber> for ConsumerTopology {
    fn from(subscriber: &dyn Subscriber) -> Self {
        Self {
            name: subscriber.name().to_owned(),
            event_types: subscriber.event_types(),
            retry_delays: subscriber.retry_delays(),
        }
    }
}

/// What our things are called.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub(super) fn events(&self) -> ShortString {
        format!("{}.events", self.prefix).into()
    }

    /// The alternate exchange, and the queue behind it, for events that nobody consumes.
    pub(super) fn unroutable(&self) -> String {
        format!("{}.unroutable", self.prefix)
    }

    pub(super) fn queue(&self, consumer: &str) -> String {
        format!("{}.{consumer}", self.prefix)
    }

    /// `roomtone.billing.retry.5s`.
    pub(super) fn retry_queue(&self, consumer: &str, delay: Duration) -> String {
        format!("{}.retry.{}", self.queue(consumer), delay_label(delay))
    }
}

fn delay_label(delay: Duration) -> String {
    match (delay.as_millis(), delay.as_secs()) {
        (millis, _) if millis % 1000 != 0 => format!("{millis}ms"),
        (_, secs) if secs % 60 == 0 && secs > 0 => format!("{}min", secs / 60),
        (_, secs) => format!("{secs}s"),
    }
}

/// Declares everything for these consumers and unbinds events that they no longer consume.
///
/// Call it once a release, before its services start: then no event is published past a queue that is about to come.
/// Services only add what is missing when they subscribe, because during a roll-out the old release's consumers
/// would otherwise unbind what the new one has bound.
pub async fn declare(config: &RabbitMqConfig, consumers: &[ConsumerTopology]) -> anyhow::Result<()> {
    let connections = Connections::new(&config.url, "declarations")?;
    let names = Names::new(&config.prefix);
    on_a_connection_of_its_own(&connections, async |channel| {
        declare_exchanges(channel, &names).await?;
        for consumer in consumers {
            declare_consumer(channel, &names, consumer).await?;
            unbind_stale(channel, &names, consumer).await?;
        }
        Ok(())
    })
    .await
}

/// Declares the exchanges alone.
pub(super) async fn declare_exchanges_once(connections: &Connections, names: &Names) -> anyhow::Result<()> {
    on_a_connection_of_its_own(connections, async |channel| declare_exchanges(channel, names).await).await
}

/// Declares what one consumer needs.
pub(super) async fn declare_consumer_once(
    connections: &Connections,
    names: &Names,
    consumer: &ConsumerTopology,
) -> anyhow::Result<()> {
    on_a_connection_of_its_own(connections, async |channel| {
        declare_exchanges(channel, names).await?;
        declare_consumer(channel, names, consumer).await
    })
    .await
}

/// A declaration that the broker refuses closes its channel, and nothing else shall break with it.
async fn on_a_connection_of_its_own(
    connections: &Connections,
    declare: impl AsyncFnOnce(&Channel) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (connection, channel) = connections.throw_away().await?;
    timeout(ANSWERS_WITHIN, declare(&channel)).await.context("declaring took too long")??;
    hang_up(&connection).await;
    Ok(())
}

async fn declare_exchanges(channel: &Channel, names: &Names) -> anyhow::Result<()> {
    let unroutable = short(&names.unroutable())?;
    declare_exchange(channel, unroutable.clone(), ExchangeKind::Fanout, FieldTable::default()).await?;
    declare_queue(channel, unroutable.clone(), quorum()).await?;
    bind(channel, unroutable.clone(), unroutable.clone(), "".into()).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("alternate-exchange".into(), text(unroutable.as_str()));
    declare_exchange(channel, names.events(), ExchangeKind::Topic, arguments).await
}

async fn declare_consumer(channel: &Channel, names: &Names, consumer: &ConsumerTopology) -> anyhow::Result<()> {
    let queue = names.queue(&consumer.name);
    declare_queue(channel, short(&queue)?, quorum()).await?;
    for delay in &consumer.retry_delays {
        let name = names.retry_queue(&consumer.name, *delay);
        declare_queue(channel, short(&name)?, retry_arguments(&queue, *delay)).await?;
    }
    for event_type in &consumer.event_types {
        bind(channel, short(&queue)?, names.events(), short(event_type)?).await?;
    }
    Ok(())
}

/// AMQP cannot list bindings, so every event type of the contracts that the consumer does not name is unbound.
async fn unbind_stale(channel: &Channel, names: &Names, consumer: &ConsumerTopology) -> anyhow::Result<()> {
    let queue = short(&names.queue(&consumer.name))?;
    for event_type in event_types::all()?.iter().filter(|known| !consumer.event_types.contains(known)) {
        channel.queue_unbind(queue.clone(), names.events(), short(event_type)?, FieldTable::default()).await?;
    }
    Ok(())
}

async fn declare_exchange(
    channel: &Channel,
    name: ShortString,
    kind: ExchangeKind,
    arguments: FieldTable,
) -> anyhow::Result<()> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    Ok(channel.exchange_declare(name, kind, options, arguments).await?)
}

async fn declare_queue(channel: &Channel, name: ShortString, arguments: FieldTable) -> anyhow::Result<()> {
    channel.queue_declare(name, QueueDeclareOptions::durable(), arguments).await?;
    Ok(())
}

pub(super) async fn bind(
    channel: &Channel,
    queue: ShortString,
    exchange: ShortString,
    key: ShortString,
) -> anyhow::Result<()> {
    Ok(channel.queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default()).await?)
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments
}

/// A message waits out the queue's delay and goes back to the consumer's queue through the default exchange.
/// Dead-lettering is at-least-once, which quorum queues offer only together with reject-publish.
fn retry_arguments(queue: &str, delay: Duration) -> FieldTable {
    let mut arguments = quorum();
    let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(millis));
    arguments.insert("x-dead-letter-exchange".into(), text(""));
    arguments.insert("x-dead-letter-routing-key".into(), text(queue));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// What to import into a broker before anything connects: the exchanges and the limits.
///
/// Refusals are counted in the consumers' databases, so the broker's own count of returns, which includes crashes,
/// must never end a message. A full queue refuses publications, which then wait in the outbox.
pub fn definitions(prefix: &str) -> Value {
    let names = Names::new(prefix);
    let unroutable = names.unroutable();
    let pattern = prefix.replace('.', "\\.");
    let policy = |name: &str, pattern: String, priority: u8, definition: Value| {
        json!({ "vhost": "/", "name": format!("{prefix}-{name}"), "pattern": pattern, "apply-to": "queues",
                "priority": priority, "definition": definition })
    };
    let keep = json!({ "delivery-limit": 1_000_000, "max-length": 5_000_000, "overflow": "reject-publish" });
    let spill = json!({ "message-ttl": 1_209_600_000, "max-length": 100_000, "overflow": "drop-head" });
    json!({
        "exchanges": [
            { "vhost": "/", "name": unroutable, "type": "fanout", "durable": true, "auto_delete": false,
              "internal": false, "arguments": {} },
            { "vhost": "/", "name": names.events().as_str(), "type": "topic", "durable": true, "auto_delete": false,
              "internal": false, "arguments": { "alternate-exchange": unroutable } },
        ],
        "queues": [
            { "vhost": "/", "name": unroutable, "durable": true, "auto_delete": false,
              "arguments": { "x-queue-type": "quorum" } },
        ],
        "bindings": [
            { "source": unroutable, "vhost": "/", "destination": unroutable, "destination_type": "queue",
              "routing_key": "", "arguments": {} },
        ],
        "policies": [
            policy("consumers", format!("^{pattern}\\."), 0, keep),
            policy("unroutable", format!("^{pattern}\\.unroutable$"), 10, spill),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_queues_are_named_after_their_delay() {
        let names = Names::new("roomtone");
        let queue = |delay| names.retry_queue("billing", delay);
        assert_eq!(queue(Duration::from_millis(50)), "roomtone.billing.retry.50ms");
        assert_eq!(queue(Duration::from_secs(5)), "roomtone.billing.retry.5s");
        assert_eq!(queue(Duration::from_secs(30)), "roomtone.billing.retry.30s");
        assert_eq!(queue(Duration::from_secs(300)), "roomtone.billing.retry.5min");
    }
}
