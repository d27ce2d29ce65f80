//! One database, one bus, and whatever a test starts on them.

use std::{sync::Arc, time::Duration};

use events::{Bus, ConsumerGroup, EventsRuntime, MemoryBus, RabbitMqBus, RabbitMqConfig, Relay, Subscriber};
use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Behaviour, Probe, TestDatabase, consumer::Group, server};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusKind {
    Memory,
    RabbitMq,
}

pub struct Rig {
    pub data: TestDatabase,
    pub bus: Arc<dyn Bus>,
    kind: BusKind,
    config: RabbitMqConfig,
    tasks: Vec<JoinHandle<()>>,
}

impl Rig {
    /// A database and a bus that is not open yet.
    pub async fn new(kind: BusKind) -> Self {
        let url = match kind {
            BusKind::Memory => String::new(),
            BusKind::RabbitMq => server("ROOMTONE_TEST_AMQP_URL"),
        };
        Self::on(kind, url).await
    }

    /// The same on another way to the broker.
    pub async fn on(kind: BusKind, url: String) -> Self {
        let config = RabbitMqConfig { url, prefix: format!("test-{}", kernel::new_uuid().simple()) };
        let bus = new_bus(kind, &config);
        Self { data: TestDatabase::create().await, bus, kind, config, tasks: Vec::new() }
    }

    pub fn config(&self) -> &RabbitMqConfig {
        &self.config
    }

    pub fn subscribe(&mut self, group: &Group) -> CancellationToken {
        let stop = CancellationToken::new();
        self.tasks.push(self.bus.subscribe(Arc::clone(group) as Arc<dyn Subscriber>, stop.clone()));
        stop
    }

    /// A subscribed consumer that behaves as told.
    pub fn consumer(&mut self, name: &str, behaviour: Behaviour) -> Group {
        let group = Probe::group(name, self.data.db.clone(), behaviour);
        self.subscribe(&group);
        group
    }

    /// A subscribed consumer that takes effect of everything.
    pub fn willing_consumer(&mut self, name: &str) -> Group {
        let group = Probe::willing(name, self.data.db.clone());
        self.subscribe(&group);
        group
    }

    /// A running relay; cancelling stops it in order.
    pub fn relay(&mut self) -> CancellationToken {
        let stop = CancellationToken::new();
        let relay = Relay::new(self.data.db.clone(), Arc::clone(&self.bus));
        self.tasks.push(tokio::spawn(relay.run(stop.clone())));
        stop
    }

    /// Opens the bus and starts a relay.
    pub fn go(&mut self) {
        self.bus.open();
        self.relay();
    }

    /// What `kill -9` would do: nothing is finished, nothing is released. Only the database and the broker remain.
    pub async fn crash(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.bus = new_bus(self.kind, &self.config);
        // Instead of waiting for it.
        self.data.execute("UPDATE outbox_leases SET lease_until = clock_timestamp()").await;
        self.data.execute("DELETE FROM outbox_relays").await;
    }

    /// A service with replays and clean-up, as `startup` makes it.
    pub fn runtime(&self, group: &Arc<ConsumerGroup<Probe>>) -> EventsRuntime {
        let stop = CancellationToken::new();
        EventsRuntime::start(Some(self.data.db.clone()), Arc::clone(&self.bus), Some(Arc::clone(group)), &stop)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        if self.kind == BusKind::RabbitMq {
            let prefix = self.config.prefix.clone();
            // A test that failed must not fail twice, nor wait for a broker that it has broken.
            let cleaned = std::thread::spawn(move || clean_broker_in_time(&prefix)).join();
            if cleaned.is_err() {
                eprintln!("queues of {} were left on the broker", self.config.prefix);
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn clean_broker_in_time(prefix: &str) {
    tokio::time::timeout(Duration::from_secs(20), clean_broker(prefix)).await.unwrap();
}

/// Deletes what the test's consumers, always called the same, have left on the broker.
async fn clean_broker(prefix: &str) {
    let url = server("ROOMTONE_TEST_AMQP_URL");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queues = ["billing", "ledger"]
        .iter()
        .flat_map(|name| ["", ".retry.50ms", ".retry.100ms"].map(|end| format!("{name}{end}")));
    for queue in queues.chain(["unroutable".to_owned()]) {
        channel.queue_delete(format!("{prefix}.{queue}").into(), QueueDeleteOptions::default()).await.unwrap();
    }
    for exchange in ["events", "unroutable"] {
        channel.exchange_delete(format!("{prefix}.{exchange}").into(), ExchangeDeleteOptions::default()).await.unwrap();
    }
    connection.close(200, "done".into()).await.unwrap();
}

fn new_bus(kind: BusKind, config: &RabbitMqConfig) -> Arc<dyn Bus> {
    match kind {
        BusKind::Memory => Arc::new(MemoryBus::new()),
        BusKind::RabbitMq => Arc::new(RabbitMqBus::new(config).unwrap()),
    }
}
