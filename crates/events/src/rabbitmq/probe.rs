//! Probes: messages that show whether retry queues give back what is put into them.
//!
//! A probe waits in a retry queue for a moment instead of the queue's delay, goes back to the consumer's queue like a
//! refused event, and is answered there by the consumer, which takes it for nothing else.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context;
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel,
    message::Delivery,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use tokio::time::{Instant, timeout_at};

use super::{
    RabbitMqConfig,
    connection::{Connections, hang_up},
    message::short,
    topology::{ConsumerTopology, Names},
};

const PROBE: &str = "roomtone.probe";

/// Milliseconds. A queue expires messages at its head only: behind a real retry a probe waits longer.
const WAITS: &str = "10";

/// Sends a probe through every retry queue and answers the queues from which none came back in time: their
/// consumer does not run, or what they hold would never be tried again.
pub async fn probe_retry_queues(
    config: &RabbitMqConfig,
    consumers: &[ConsumerTopology],
    within: Duration,
) -> anyhow::Result<BTreeSet<String>> {
    let names = Names::new(&config.prefix);
    let connections = Connections::new(&config.url, "probe")?;
    let (connection, channel) = connections.throw_away().await?;
    let deadline = Instant::now() + within;
    let silent = timeout_at(deadline, send_and_hear(&channel, retry_queues(&names, consumers), deadline)).await;
    hang_up(&connection).await;
    silent.context("the broker did not answer in time")?
}

fn retry_queues(names: &Names, consumers: &[ConsumerTopology]) -> BTreeSet<String> {
    let of = |consumer: &ConsumerTopology| {
        let queue = |delay: &Duration| names.retry_queue(&consumer.name, *delay);
        consumer.retry_delays.iter().map(queue).collect::<Vec<_>>()
    };
    consumers.iter().flat_map(of).collect()
}

async fn send_and_hear(
    channel: &Channel,
    mut silent: BTreeSet<String>,
    deadline: Instant,
) -> anyhow::Result<BTreeSet<String>> {
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let answers = channel.queue_declare("".into(), options, FieldTable::default()).await?.name().clone();
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut heard = channel.basic_consume(answers.clone(), "".into(), options, FieldTable::default()).await?;
    for queue in &silent {
        let probe = BasicProperties::default()
            .with_type(PROBE.into())
            .with_expiration(WAITS.into())
            .with_reply_to(answers.clone())
            .with_correlation_id(short(queue)?);
        send(channel, short(queue)?, probe).await?;
    }
    while !silent.is_empty()
        && let Ok(Some(answer)) = timeout_at(deadline - ANSWERED_BEFORE, heard.next()).await
    {
        if let Some(queue) = answer?.properties.correlation_id() {
            silent.remove(queue.as_str());
        }
    }
    Ok(silent)
}

/// Leaves time to hang up before the caller's deadline.
const ANSWERED_BEFORE: Duration = Duration::from_millis(100);

/// Where to answer, when this is a probe.
pub(super) fn reply_to(delivery: &Delivery) -> Option<ShortString> {
    let properties = &delivery.properties;
    let is_probe = properties.kind().as_ref().is_some_and(|kind| kind.as_str() == PROBE);
    if is_probe { properties.reply_to().clone() } else { None }
}

/// Answers a probe. Whoever sent it may have gone: then the broker drops the answer.
pub(super) async fn answer(channel: &Channel, reply_to: ShortString, probe: &Delivery) -> anyhow::Result<()> {
    let queue = probe.properties.correlation_id().clone().unwrap_or_default();
    send(channel, reply_to, BasicProperties::default().with_correlation_id(queue)).await
}

#[expect(clippy::disallowed_methods, reason = "no event: nobody's outbox could send it")]
async fn send(channel: &Channel, queue: ShortString, properties: BasicProperties) -> anyhow::Result<()> {
    // Neither mandatory nor confirmed: a probe that gets lost is one that does not come back.
    channel.basic_publish("".into(), queue, BasicPublishOptions::default(), b"", properties).await?;
    Ok(())
}
