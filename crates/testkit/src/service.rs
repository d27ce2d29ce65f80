//! The service under test.

use std::{collections::BTreeMap, net::TcpListener, sync::Arc};

use contracts::Event;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bytea, Text},
};
use diesel_async::RunQueryDsl;
use events::{Bus, Envelope, MemoryBus, PublishOutcome};
use jiff::Timestamp;
use kernel::{Clock, clock::SystemClock};
use reqwest::Method;
use serde_json::json;
use service_kit::{AnyService, Platform, Running, Service, Source};
use store::Db;
use uuid::Uuid;

use crate::{CallerToken, FakePeers, TestDatabase, TestKeys, TestRequest, client};

/// A service on a database of its own. Its clock runs from `start_at`; everything else is real.
pub struct TestService {
    pub url: String,
    /// As the owner of the tables, whatever the service's role.
    pub db: Db,
    pub keys: Arc<TestKeys>,
    pub peers: FakePeers,
    pub clock: Arc<SystemClock>,
    pub client: reqwest::Client,
    pub platform: Platform,
    bus: Arc<MemoryBus>,
    running: Option<Running>,
    database: Option<Arc<TestDatabase>>,
}

/// What a test may choose before its service starts.
pub struct TestServiceBuilder<A> {
    service: Service<A>,
    settings: BTreeMap<String, String>,
    start_at: Timestamp,
    database: Option<Arc<TestDatabase>>,
}

impl TestService {
    pub async fn start<A: Send + Sync + 'static>(service: Service<A>) -> Self {
        Self::builder(service).start().await
    }

    /// Begins at 2027-03-01T09:00:00Z, a Monday in winter time.
    pub fn builder<A: Send + Sync + 'static>(service: Service<A>) -> TestServiceBuilder<A> {
        let start_at = "2027-03-01T09:00:00Z".parse().expect("an instant");
        TestServiceBuilder { service, settings: BTreeMap::new(), start_at, database: None }
    }

    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::new(&self.client, method, format!("{}{path}", self.url))
    }

    /// The identity token of a caller.
    pub fn token(&self, caller: &CallerToken) -> String {
        caller.signed(&self.keys)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock forward and runs the jobs, as the sandbox does.
    pub async fn advance_secs(&self, secs: i64) {
        let body = json!({"offset_secs": self.clock.offset_secs() + secs});
        self.post("/internal/clock").json(body).send().await.expect(200);
    }

    /// Runs all jobs once at the present instant.
    pub async fn run_jobs(&self) {
        self.advance_secs(0).await;
    }

    /// Delivers an event until the service has taken effect of it (or parked it).
    pub async fn deliver<E: Event>(&self, aggregate_id: Uuid, version: i64, event: &E) {
        self.deliver_envelope(&envelope(aggregate_id, version, self.now(), event)).await;
    }

    /// Delivers an envelope; the same one twice is a repetition.
    pub async fn deliver_envelope(&self, envelope: &Envelope) {
        let wave = [Arc::new(envelope.clone())];
        let outcome = self.bus.publish(&wave).await.pop();
        let handled = match outcome {
            Some(PublishOutcome::Published) => true,
            Some(PublishOutcome::Pending(settlement)) => settlement.settled().await,
            Some(PublishOutcome::Failed(_)) | None => false,
        };
        assert!(handled, "{} was not handled", envelope.event_type);
    }

    /// All events of type `E` that the service has written to its outbox, oldest first.
    pub async fn events<E: Event>(&self) -> Vec<E> {
        let mut conn = self.db.conn().await.expect("a connection");
        let rows: Vec<OutboxRow> = diesel::sql_query("SELECT event_type, version, payload FROM outbox ORDER BY id")
            .load(&mut *conn)
            .await
            .expect("the outbox");
        rows.into_iter()
            .filter(|row| row.event_type == E::event_type())
            .map(|row| E::decode(row.payload.as_slice()).expect("an event of this type"))
            .collect()
    }

    /// The types of all events in the outbox, oldest first.
    pub async fn event_types(&self) -> Vec<String> {
        let mut conn = self.db.conn().await.expect("a connection");
        let rows: Vec<OutboxRow> = diesel::sql_query("SELECT event_type, version, payload FROM outbox ORDER BY id")
            .load(&mut *conn)
            .await
            .expect("the outbox");
        rows.into_iter().map(|row| row.event_type).collect()
    }

    /// The database, to start a second process of the same service on it.
    pub fn database(&self) -> Arc<TestDatabase> {
        self.database.clone().expect("a service with a database")
    }

    /// Drains the service, as SIGTERM does.
    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.drain().await;
        }
    }
}

#[derive(QueryableByName)]
struct OutboxRow {
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "selected for a person who debugs a test")]
    version: i64,
    #[diesel(sql_type = Bytea)]
    payload: Vec<u8>,
}

/// An envelope around an event, with an id of its own.
pub fn envelope<E: Event>(aggregate_id: Uuid, version: i64, occurred_at: Timestamp, event: &E) -> Envelope {
    Envelope {
        id: kernel::new_uuid(),
        event_type: E::event_type(),
        aggregate_type: "test".to_owned(),
        aggregate_id,
        version,
        ordinal: 0,
        tenant: None,
        traceparent: None,
        occurred_at,
        payload: event.encode_to_vec().into(),
    }
}

impl<A: Send + Sync + 'static> TestServiceBuilder<A> {
    /// A setting by its lower-case name (`ROOMTONE_QUOTE_KEY` is `quote_key`).
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn start_at(mut self, instant: &str) -> Self {
        self.start_at = instant.parse().expect("an instant");
        self
    }

    /// Another process's database.
    pub fn on_database(mut self, database: Arc<TestDatabase>) -> Self {
        self.database = Some(database);
        self
    }

    pub async fn start(mut self) -> TestService {
        let name = self.service.name;
        let database = match (self.database.take(), self.service.migrations) {
            (Some(database), _) => Some(database),
            (None, Some(migrations)) => Some(Arc::new(TestDatabase::migrated(name, migrations).await)),
            (None, None) => None,
        };
        let keys = Arc::new(TestKeys::default());
        let peers = FakePeers::start(keys.clone());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));

        self.settings.entry("env".to_owned()).or_insert_with(|| "development".to_owned());
        if let Some(database) = &database {
            self.settings.insert(format!("{name}_database_url"), database.url());
        }
        for (peer, _) in service_kit::config::SERVICES {
            let peer_url = if peer == name { &url } else { &peers.url };
            self.settings.entry(format!("{peer}_url")).or_insert_with(|| peer_url.clone());
        }
        let source = Source::from_pairs(self.settings).expect("settings");
        let bus = Arc::new(MemoryBus::new());
        let mut platform = Platform::new(source, bus.clone()).expect("a platform");
        let clock = Arc::new(SystemClock::default());
        clock.set_offset_secs(self.start_at.as_second() - clock.now().as_second());
        platform.clock = clock.clone();
        platform.movable_clock = Some(clock.clone());

        let running = Box::new(self.service).start(&platform, listener).await.expect("the service starts");
        bus.open();
        TestService {
            url,
            db: database.as_ref().map_or_else(no_database, |database| database.db()),
            keys,
            peers,
            clock,
            client: client(),
            platform,
            bus,
            running: Some(running),
            database,
        }
    }
}

/// The pool of a service that has no database; it connects to nothing.
fn no_database() -> Db {
    Db::new("postgres://127.0.0.1:1/none", 1).expect("a pool")
}
