//! The platform under test: processes of the `roomtone` command on databases of their own.

mod api;
mod scene;

use std::{collections::BTreeMap, path::PathBuf, process::Command, time::Duration};

use anyhow::Context;
use secrecy::ExposeSecret;
use service_kit::{Peers, Source, config::SERVICES, peers::Directory};
use testkit::free_address;

pub use self::{
    api::{Api, Session, text},
    scene::{CUSTOMER, PASSWORD, Rooms, Scene},
};
use crate::{
    run::Run,
    tools::{self, Started},
};

/// How long a start may take, a slow machine and a debug build included.
const STARTS_WITHIN: Duration = Duration::from_secs(120);

/// Settings of one platform: databases, ports and broker names that nobody else has.
#[derive(Debug, Clone)]
pub struct Layout {
    settings: BTreeMap<String, String>,
    purpose: &'static str,
    /// Logs and state.
    dir: PathBuf,
    roomtone: PathBuf,
}

impl Layout {
    pub async fn new(run: &Run, purpose: &'static str) -> anyhow::Result<Self> {
        let dir = run.dir.join(purpose);
        let mut settings = BTreeMap::from([
            ("env".to_owned(), "development".to_owned()),
            ("state_dir".to_owned(), dir.display().to_string()),
        ]);
        for (service, _) in SERVICES {
            let address = free_address().to_string();
            settings.insert(format!("{service}_database_url"), run.postgres.url(&database(purpose, service)));
            settings.insert(format!("{service}_url"), format!("http://{address}"));
            settings.insert(format!("{service}_bind"), address);
        }
        settings.insert("public_url".to_owned(), settings["gateway_url"].clone());
        std::fs::create_dir_all(&dir)?;
        Ok(Self { settings, purpose, dir, roomtone: run.roomtone().await?.to_owned() })
    }

    /// The same platform, for another process of the service: it has an address of its own.
    pub fn beside(&self, service: &str) -> anyhow::Result<Self> {
        let mut other = self.clone();
        let address = free_address().to_string();
        other.settings.insert(format!("{service}_url"), format!("http://{address}"));
        other.settings.insert(format!("{service}_bind"), address);
        other.dir = self.dir.join("beside");
        std::fs::create_dir_all(&other.dir)?;
        Ok(other)
    }

    /// The same platform, with one setting otherwise.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.settings.insert(name.to_owned(), value.to_owned());
        other
    }

    pub fn url(&self, service: &str) -> &str {
        &self.settings[&format!("{service}_url")]
    }

    pub fn source(&self) -> anyhow::Result<Source> {
        Source::from_pairs(self.settings.clone())
    }

    /// A service's database, for what no route does.
    pub fn db(&self, service: &str) -> anyhow::Result<store::Db> {
        store::Db::new(self.source()?.database_url(service)?.expose_secret(), 2)
    }

    /// Empty databases with every table.
    pub async fn migrate(&self, run: &Run) -> anyhow::Result<()> {
        self.drop_databases(run).await?;
        let mut migrate = tokio::process::Command::from(self.command(&["migrate"]));
        tools::output(&mut migrate).await?;
        Ok(())
    }

    pub async fn drop_databases(&self, run: &Run) -> anyhow::Result<()> {
        for (service, _) in SERVICES {
            run.postgres.drop(&database(self.purpose, service)).await?;
        }
        Ok(())
    }

    /// The command with these settings and no others.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.roomtone);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROOMTONE_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.settings {
            command.env(format!("ROOMTONE_{}", name.to_uppercase()), value);
        }
        // Errors that are expected should cost what they cost in production.
        command.env("RUST_LIB_BACKTRACE", "0").args(arguments);
        command
    }

    /// Everything in one process, as `./dev up` runs it. Ready when the gateway says so.
    pub async fn up(&self, client: &reqwest::Client) -> anyhow::Result<Started> {
        let port = self.url("gateway").rsplit(':').next().context("the gateway's port")?;
        let mut command = self.command(&["up", "--port", port]);
        let mut up = Started::start("roomtone", &self.dir, &mut command)?;
        up.wait_for_200(client, &format!("{}/api/health", self.url("gateway")), STARTS_WITHIN).await?;
        Ok(up)
    }

    /// Each named service as a process, with events on RabbitMQ.
    pub async fn serve(&self, run: &Run, client: &reqwest::Client, services: &[&str]) -> anyhow::Result<Vec<Started>> {
        let mut started = Vec::new();
        for service in services {
            let mut command = self.command(&["serve", service]);
            command.env("ROOMTONE_AMQP_URL", &run.amqp_url);
            command.env("ROOMTONE_AMQP_PREFIX", self.amqp_prefix());
            started.push(Started::start(service, &self.dir, &mut command)?);
        }
        for (process, service) in started.iter_mut().zip(services) {
            let ready = format!("{}/health/ready", self.url(service));
            process.wait_for_200(client, &ready, STARTS_WITHIN).await?;
        }
        Ok(started)
    }

    /// A client of the services' internal routes that signs in as the gateway.
    pub fn peers(&self) -> anyhow::Result<Peers> {
        self.peers_as("gateway")
    }

    /// The same, as another service.
    pub fn peers_as(&self, service: &'static str) -> anyhow::Result<Peers> {
        let source = self.source()?;
        Peers::new(service, source.service_secret(service)?, Directory::new(source.service_urls()?))
    }

    /// The names of its events on the broker begin with this.
    pub fn amqp_prefix(&self) -> String {
        format!("bench-{}", self.purpose)
    }
}

fn database(purpose: &str, service: &str) -> String {
    format!("bench_{purpose}_{service}")
}
