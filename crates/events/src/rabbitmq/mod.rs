//! The bus between processes: RabbitMQ, over AMQP 0-9-1.
//!
//! Everything that holds a connection is a session that runs until something breaks, and is then begun anew, for
//! ever: lapin's own recovery does not bring back a channel that the broker closed. What a broken session had in
//! hand is published or delivered again.

mod connection;
mod consumer;
mod event_types;
mod listener;
mod message;
mod probe;
mod publisher;
mod topology;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::{connection::Connections, publisher::Publisher, topology::Names};
pub use self::{
    probe::probe_retry_queues,
    topology::{ConsumerTopology, declare, definitions},
};
use crate::{Bus, Envelope, Listener, PublishOutcome, Subscriber};

/// Where the broker is and what our things are called there.
#[derive(Debug, Clone)]
pub struct RabbitMqConfig {
    /// `amqp://user:password@host:port/vhost`.
    pub url: String,
    /// Begins the name of every exchange and queue: platforms that share a broker have different ones.
    pub prefix: String,
}

impl RabbitMqConfig {
    /// The broker at `url` with the prefix `roomtone`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), prefix: "roomtone".to_owned() }
    }
}

/// Delivers through RabbitMQ.
pub struct RabbitMqBus {
    names: Names,
    /// The broker throttles connections that publish; consumers have one of their own.
    consuming: Arc<Connections>,
    /// Caches serve what is stale until their listener notices that it hears nothing: theirs is one that notices soon.
    listening: Arc<Connections>,
    publisher: Arc<Publisher>,
    gate: Arc<Gate>,
}

/// Closed until the queues of this process's consumers exist: what is published before reaches nobody.
#[derive(Default)]
struct Gate {
    opened: AtomicBool,
    undeclared: AtomicUsize,
}

impl Gate {
    fn is_open(&self) -> bool {
        self.opened.load(Ordering::Acquire) && self.undeclared.load(Ordering::Acquire) == 0
    }
}

impl RabbitMqBus {
    /// Connects to nothing yet: a broker that is away is no reason not to start.
    pub fn new(config: &RabbitMqConfig) -> anyhow::Result<Self> {
        let names = Names::new(&config.prefix);
        let publishing = Connections::new(&config.url, "publisher")?;
        Ok(Self {
            publisher: Arc::new(Publisher::new(publishing, names.clone())),
            consuming: Arc::new(Connections::new(&config.url, "consumer")?),
            listening: Arc::new(Connections::impatient(&config.url, "listener")?),
            names,
            gate: Arc::default(),
        })
    }
}

#[async_trait]
impl Bus for RabbitMqBus {
    fn open(&self) {
        self.gate.opened.store(true, Ordering::Release);
    }

    async fn publish(&self, wave: &[Arc<Envelope>]) -> Vec<PublishOutcome> {
        if !self.gate.is_open() {
            let reason = "the queues of this process's consumers are not declared yet";
            return wave.iter().map(|_| PublishOutcome::Failed(reason.to_owned())).collect();
        }
        self.publisher.publish(wave).await
    }

    fn subscribe(&self, subscriber: Arc<dyn Subscriber>, stop: CancellationToken) -> JoinHandle<()> {
        self.gate.undeclared.fetch_add(1, Ordering::AcqRel);
        let gate = Arc::clone(&self.gate);
        let subscription = consumer::Subscription {
            connections: Arc::clone(&self.consuming),
            publisher: Arc::clone(&self.publisher),
            names: self.names.clone(),
            subscriber,
        };
        let declared = move || {
            gate.undeclared.fetch_sub(1, Ordering::AcqRel);
        };
        tokio::spawn(subscription.run(declared, stop))
    }

    fn listen(&self, event_types: Vec<String>) -> Listener {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(listener::run(Arc::clone(&self.listening), self.names.clone(), event_types, sender));
        receiver
    }

    async fn close(&self) {
        self.publisher.close().await;
        self.consuming.close().await;
        self.listening.close().await;
    }
}
