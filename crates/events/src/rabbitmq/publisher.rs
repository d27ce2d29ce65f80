//! Publishing with confirms.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use futures_util::future::join_all;
use lapin::{
    Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use tokio::time::timeout;

use super::{
    connection::{ANSWERS_WITHIN, Connections},
    message,
    topology::{self, Names},
};
use crate::{Envelope, PublishOutcome};

/// Without the flag an event type that nobody has bound would vanish silently where the alternate exchange is missing.
const MANDATORY: BasicPublishOptions = BasicPublishOptions { mandatory: true, immediate: false };

/// Publishes for the relays of a process.
pub(super) struct Publisher {
    connections: Connections,
    names: Names,
    /// Channels in confirm mode that nobody uses right now. Never shared: lapin counts confirms and writes frames in
    /// two steps, which two publishers on one channel could interleave.
    idle: Mutex<Vec<Channel>>,
    declared: tokio::sync::Mutex<bool>,
}

impl Publisher {
    pub(super) fn new(connections: Connections, names: Names) -> Self {
        Self { connections, names, idle: Mutex::default(), declared: tokio::sync::Mutex::new(false) }
    }

    /// Publishes the wave at once and waits for all its confirms together.
    pub(super) async fn publish(&self, wave: &[Arc<Envelope>]) -> Vec<PublishOutcome> {
        let channel = match self.channel().await {
            Ok(channel) => channel,
            Err(error) => return wave.iter().map(|_| PublishOutcome::Failed(format!("{error:#}"))).collect(),
        };
        let exchange = self.names.events();
        let results =
            join_all(wave.iter().map(|envelope| publish(&channel, &exchange, &envelope.event_type, envelope)));
        let results = results.await;
        if results.iter().all(Result::is_ok) {
            self.put_back(channel);
        } else {
            // Perhaps the broker has lost the exchange.
            *self.declared.lock().await = false;
        }
        results
            .into_iter()
            .map(|result| {
                result.map_or_else(|error| PublishOutcome::Failed(format!("{error:#}")), |()| PublishOutcome::Published)
            })
            .collect()
    }

    /// Puts one message into a queue; success means that the broker has it.
    pub(super) async fn send_to_queue(&self, queue: &str, envelope: &Envelope) -> anyhow::Result<()> {
        let channel = self.channel().await?;
        // The default exchange routes by queue name.
        publish(&channel, &"".into(), queue, envelope).await?;
        self.put_back(channel);
        Ok(())
    }

    async fn channel(&self) -> anyhow::Result<Channel> {
        if let Some(channel) = self.take_idle() {
            return Ok(channel);
        }
        self.ensure_exchange().await?;
        let channel = self.connections.channel().await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        timeout(ANSWERS_WITHIN, confirms).await.context("no confirms in time")??;
        Ok(channel)
    }

    fn take_idle(&self) -> Option<Channel> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|channel| channel.status().connected());
        idle.pop()
    }

    /// Only a channel on which everything went well: one with an open confirm is dropped, which closes it.
    fn put_back(&self, channel: Channel) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
    }

    /// A process without consumers needs the exchange too.
    async fn ensure_exchange(&self) -> anyhow::Result<()> {
        let mut declared = self.declared.lock().await;
        if !*declared {
            topology::declare_exchanges_once(&self.connections, &self.names).await?;
            *declared = true;
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.connections.close().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the bus publishes")]
async fn publish(channel: &Channel, exchange: &ShortString, key: &str, envelope: &Envelope) -> anyhow::Result<()> {
    let properties = message::properties(envelope)?;
    let confirmed = async {
        let key = message::short(key)?;
        let confirm = channel.basic_publish(exchange.clone(), key, MANDATORY, &envelope.payload, properties).await?;
        anyhow::Ok(confirm.await?)
    };
    match timeout(ANSWERS_WITHIN, confirmed).await.context("no confirm in time")?? {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(anyhow!("no queue for it")),
        Confirmation::Nack(_) => Err(anyhow!("refused by the broker")),
        Confirmation::NotRequested => Err(anyhow!("the channel does not confirm")),
    }
}
