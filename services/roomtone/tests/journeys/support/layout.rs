//! Where a test's platform runs.

use std::{
    collections::BTreeMap,
    process::{Output, Stdio},
    sync::Arc,
};

use roomtone::RunningPlatform;
use serde_json::{Value, json};
use service_kit::Source;
use store::Db;
use testkit::{TestDatabase, TestRequest, TestResponse};

use super::processes::{Processes, command};

/// The ways to run the platform that every journey must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    OneProcessOnMemory,
    OneProcessOnRabbitMq,
    SeparateProcesses,
}

enum Runs {
    InProcess(Option<Box<RunningPlatform>>),
    AsProcesses(Processes),
}

/// A platform with databases, ports and, on RabbitMQ, queues of its own.
pub struct TestPlatform {
    pub url: String,
    pub client: reqwest::Client,
    pub source: Source,
    settings: BTreeMap<String, String>,
    databases: BTreeMap<&'static str, TestDatabase>,
    runs: Runs,
}

/// A platform that was stopped, with its settings and its databases as it left them. Any number of platforms can go on
/// from there, one after the other.
pub struct Snapshot {
    settings: BTreeMap<String, String>,
    databases: BTreeMap<&'static str, TestDatabase>,
}

pub const SERVICES_WITH_DATABASE: [&str; 7] =
    ["auth", "booking", "billing", "ledger", "messaging", "webhook", "sandbox"];

impl TestPlatform {
    pub async fn start(layout: Layout) -> Self {
        Self::start_with(layout, &[]).await
    }

    /// A platform with settings of its own, by lower-case name.
    pub async fn start_with(layout: Layout, settings: &[(&str, &str)]) -> Self {
        let mut all = addresses();
        all.insert("env".to_owned(), "development".to_owned());
        all.insert("database_pool".to_owned(), "10".to_owned());
        if layout != Layout::OneProcessOnMemory {
            all.insert("amqp_url".to_owned(), testkit::amqp_url());
            all.insert("amqp_prefix".to_owned(), format!("test-{}", kernel::new_uuid().simple()));
        }
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::start_on(layout, all, databases().await).await
    }

    async fn start_on(
        layout: Layout,
        mut settings: BTreeMap<String, String>,
        databases: BTreeMap<&'static str, TestDatabase>,
    ) -> Self {
        for (service, database) in &databases {
            settings.insert(format!("{service}_database_url"), database.url());
        }
        let url = settings["public_url"].clone();
        let source = Source::from_pairs(settings.clone()).unwrap();
        let runs = match layout {
            Layout::SeparateProcesses => Runs::AsProcesses(Processes::start(settings.clone()).await),
            _ => Runs::InProcess(Some(Box::new(RunningPlatform::start(source.clone()).await.unwrap()))),
        };
        let client = testkit::client();
        Self { url, client, source, settings, databases, runs }
    }

    pub fn get(&self, path: &str) -> TestRequest {
        TestRequest::new(&self.client, reqwest::Method::GET, format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> TestRequest {
        TestRequest::new(&self.client, reqwest::Method::POST, format!("{}{path}", self.url))
    }

    pub fn put(&self, path: &str) -> TestRequest {
        TestRequest::new(&self.client, reqwest::Method::PUT, format!("{}{path}", self.url))
    }

    /// What the `roomtone` command says about this platform, and how it ends.
    pub fn command(&self, arguments: &[&str]) -> Output {
        command(&self.settings, arguments).stdout(Stdio::piped()).output().unwrap()
    }

    pub fn database(&self, service: &str) -> &TestDatabase {
        &self.databases[service]
    }

    /// A service's database, to look at what no route shows.
    pub fn db(&self, service: &str) -> Db {
        self.databases[service].db()
    }

    /// Moves the sandbox clock; the answer comes when the jobs that fell due have run.
    pub async fn advance_secs(&self, secs: i64) {
        self.post("/sandbox/clock").json(json!({"advance_seconds": secs})).send().await.expect(200);
    }

    /// Plays the customer at the hosted page.
    pub async fn pay_with(&self, payment: &Value, card: &str) -> TestResponse {
        self.complete(payment["id"].as_str().unwrap(), json!({"card": card})).await
    }

    pub async fn complete(&self, session: &str, body: Value) -> TestResponse {
        self.post(&format!("/sandbox/checkout/{session}/complete")).json(body).send().await
    }

    /// The separate processes, to kill one.
    pub fn processes(&self) -> &Processes {
        match &self.runs {
            Runs::AsProcesses(processes) => processes,
            Runs::InProcess(_) => panic!("this platform runs in one process"),
        }
    }

    /// Every invariant holds; ask it at the end of a story.
    pub async fn assert_healthy(&self) {
        let source = &self.source;
        testkit::eventually("the outboxes are empty", || async move {
            let findings = roomtone::examine(source).await.unwrap();
            findings.is_empty().then_some(())
        })
        .await;
    }

    /// Drains an in-process platform, as SIGTERM does.
    pub async fn stop(mut self) {
        self.drain().await;
    }

    async fn drain(&mut self) {
        if let Runs::InProcess(running) = &mut self.runs
            && let Some(running) = running.take()
        {
            running.drain().await;
        }
    }

    /// Stops a platform in one process on the memory bus, and keeps what it knows.
    pub async fn into_snapshot(mut self) -> Snapshot {
        self.drain().await;
        Snapshot { settings: self.settings, databases: self.databases }
    }
}

impl Snapshot {
    /// A platform at the same address that goes on from copies of the databases.
    pub async fn resume(&self) -> TestPlatform {
        let mut copies = BTreeMap::new();
        for (service, database) in &self.databases {
            copies.insert(*service, database.copy().await);
        }
        TestPlatform::start_on(Layout::OneProcessOnMemory, self.settings.clone(), copies).await
    }
}

/// Clones of databases that were migrated once per test binary.
async fn databases() -> BTreeMap<&'static str, TestDatabase> {
    let mut databases = BTreeMap::new();
    for name in SERVICES_WITH_DATABASE {
        let service = roomtone::platform::service(name).unwrap();
        let migrate = async |url: String| {
            let pairs = [("env".to_owned(), "development".to_owned()), (format!("{name}_database_url"), url)];
            let source = Source::from_pairs(pairs).unwrap();
            let bus = Arc::new(events::MemoryBus::new());
            service.migrate(&service_kit::Platform::new(source, bus).unwrap()).await.unwrap();
        };
        databases.insert(name, TestDatabase::from_template(&format!("journey_{name}"), migrate).await);
    }
    databases
}

/// An address for each service.
fn addresses() -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for (service, _) in service_kit::config::SERVICES {
        let address = testkit::free_address();
        settings.insert(format!("{service}_bind"), address.to_string());
        settings.insert(format!("{service}_url"), format!("http://{address}"));
        if service == "gateway" {
            settings.insert("public_url".to_owned(), format!("http://{address}"));
        }
    }
    settings
}
