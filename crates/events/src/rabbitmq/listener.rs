//! Hearing events without an inbox: a queue that lives as long as its connection.

use std::{pin::pin, sync::Arc};

use anyhow::Context;
use futures_util::StreamExt;
use lapin::{
    Channel, Consumer,
    options::{BasicConsumeOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};

use super::{
    connection::{ANSWERS_WITHIN, Backoff, Connections, lost},
    message,
    topology::{self, Names},
};
use crate::ListenEvent;

/// Tells what it hears until the receiver is gone.
pub(super) async fn run(
    connections: Arc<Connections>,
    names: Names,
    event_types: Vec<String>,
    listener: UnboundedSender<ListenEvent>,
) {
    let mut backoff = Backoff::new();
    while !listener.is_closed() {
        backoff.session_begins();
        let interrupted = match begin(&connections, &names, &event_types).await {
            Ok((channel, consumer)) => {
                let _ = listener.send(ListenEvent::Connected);
                let result = hear(consumer, lost(channel.clone()), &listener).await;
                let _ = listener.send(ListenEvent::Disconnected);
                // The queue belongs to the connection, which others share: the channel alone would not remove it,
                // but auto-delete does once its only consumer is gone.
                let _ = timeout(ANSWERS_WITHIN, channel.close(200, "done".into())).await;
                result
            }
            Err(error) => Err(error),
        };
        if let Err(error) = interrupted {
            tracing::warn!(error = format!("{error:#}"), "listening interrupted");
            tokio::select! {
                () = listener.closed() => {}
                () = backoff.wait() => {}
            }
        }
    }
}

async fn begin(
    connections: &Connections,
    names: &Names,
    event_types: &[String],
) -> anyhow::Result<(Channel, Consumer)> {
    topology::declare_exchanges_once(connections, names).await?;
    let channel = connections.channel().await?;
    let consumer =
        timeout(ANSWERS_WITHIN, consume(&channel, names, event_types)).await.context("no queue in time")??;
    Ok((channel, consumer))
}

async fn consume(channel: &Channel, names: &Names, event_types: &[String]) -> anyhow::Result<Consumer> {
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare("".into(), options, FieldTable::default()).await?;
    for event_type in event_types {
        topology::bind(channel, queue.name().clone(), names.events(), message::short(event_type)?).await?;
    }
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    Ok(channel.basic_consume(queue.name().clone(), "".into(), options, FieldTable::default()).await?)
}

async fn hear(
    mut consumer: Consumer,
    lost: impl Future<Output = anyhow::Error>,
    listener: &UnboundedSender<ListenEvent>,
) -> anyhow::Result<()> {
    let mut lost = pin!(lost);
    loop {
        tokio::select! {
            () = listener.closed() => return Ok(()),
            lost = &mut lost => return Err(lost),
            delivery = consumer.next() => {
                let mut delivery = delivery.context("the broker cancelled the listener")??;
                // What it was about nobody knows: the listener begins anew, and forgets what it has kept.
                let envelope = message::envelope(&mut delivery).context("heard something that is no event")?;
                let _ = listener.send(ListenEvent::Event(Arc::new(envelope)));
            }
        }
    }
}
