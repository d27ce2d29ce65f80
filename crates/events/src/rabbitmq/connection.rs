//! Connections that are made when they are needed and made anew when they have broken.

use std::time::Duration;

use anyhow::{Context, anyhow};
use lapin::{Channel, Connection, ConnectionProperties, uri::AMQPUri};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// A broker that does not answer in this time is away.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A half-open connection is noticed after two of these (seconds).
const HEARTBEAT: u16 = 10;

const IMPATIENT_HEARTBEAT: u16 = 2;

/// Between two attempts to connect, whoever asks.
const ATTEMPT_EVERY: Duration = Duration::from_millis(100);

/// How soon a broken channel is noticed when nobody is told of it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One connection of a kind, shared by all who need a channel.
pub(super) struct Connections {
    uri: AMQPUri,
    purpose: &'static str,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    connection: Option<Connection>,
    failed_at: Option<Instant>,
}

impl Connections {
    pub(super) fn new(url: &str, purpose: &'static str) -> anyhow::Result<Self> {
        // The URL holds a password, so it stays out of the error.
        let mut uri: AMQPUri = url.parse().map_err(|_| anyhow!("not an AMQP URL"))?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self { uri, purpose, slot: Mutex::default() })
    }

    /// For whoever has to know soon that nothing reaches it any more, whatever the URL says.
    pub(super) fn impatient(url: &str, purpose: &'static str) -> anyhow::Result<Self> {
        let mut connections = Self::new(url, purpose)?;
        connections.uri.query.heartbeat = Some(IMPATIENT_HEARTBEAT);
        Ok(connections)
    }

    /// A new channel on the shared connection.
    pub(super) async fn channel(&self) -> anyhow::Result<Channel> {
        let mut slot = self.slot.lock().await;
        if let Some(connection) = &slot.connection {
            if connection.status().connected()
                && let Ok(Ok(channel)) = timeout(ANSWERS_WITHIN, connection.create_channel()).await
            {
                return Ok(channel);
            }
            slot.connection = None;
        }
        if slot.failed_at.is_some_and(|at| at.elapsed() < ATTEMPT_EVERY) {
            return Err(anyhow!("the broker is out of reach"));
        }
        slot.failed_at = Some(Instant::now());
        let connection = self.connect(self.purpose).await?;
        let channel = create_channel(&connection).await?;
        *slot = Slot { connection: Some(connection), failed_at: None };
        Ok(channel)
    }

    /// A connection for one purpose that may fail, such as a declaration that the broker refuses.
    pub(super) async fn throw_away(&self) -> anyhow::Result<(Connection, Channel)> {
        let connection = self.connect("declarations").await?;
        let channel = create_channel(&connection).await?;
        Ok((connection, channel))
    }

    async fn connect(&self, purpose: &str) -> anyhow::Result<Connection> {
        let properties = ConnectionProperties::default().with_connection_name(format!("roomtone {purpose}").into());
        timeout(ANSWERS_WITHIN, Connection::connect_uri(self.uri.clone(), properties))
            .await
            .context("the broker did not answer in time")?
            .context("the broker is out of reach")
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.slot.lock().await.connection.take() {
            hang_up(&connection).await;
        }
    }
}

/// Says goodbye, so that the broker does not log a lost connection. One that is lost already needs no goodbye.
pub(super) async fn hang_up(connection: &Connection) {
    let _ = timeout(Duration::from_secs(2), connection.close(200, "done".into())).await;
}

async fn create_channel(connection: &Connection) -> anyhow::Result<Channel> {
    Ok(timeout(ANSWERS_WITHIN, connection.create_channel()).await.context("no channel in time")??)
}

/// Ends when the channel is gone. lapin tells whoever waits on a channel that breaks, but not always: acknowledgements
/// and consumers have been seen to wait for ever.
pub(super) async fn lost(channel: Channel) -> anyhow::Error {
    while channel.status().connected() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    anyhow!("the connection is lost")
}

/// Grows from session to session until one has lasted.
pub(super) struct Backoff {
    next: Duration,
    began: Instant,
}

impl Backoff {
    const MIN: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_secs(5);
    /// A session that lived this long shows that the broker is well.
    const LASTED: Duration = Duration::from_secs(10);

    pub(super) fn new() -> Self {
        Self { next: Self::MIN, began: Instant::now() }
    }

    pub(super) fn session_begins(&mut self) {
        self.began = Instant::now();
    }

    /// Waits between half and the whole of the current delay: not all processes come back in the same instant.
    pub(super) async fn wait(&mut self) {
        if self.began.elapsed() > Self::LASTED {
            self.next = Self::MIN;
        }
        let delay = self.next.mul_f64(rand::random_range(0.5..1.0));
        self.next = (self.next * 2).min(Self::MAX);
        tokio::time::sleep(delay).await;
    }
}
