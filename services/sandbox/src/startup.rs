//! The sandbox as a service, and its state.

use std::{net::TcpListener, time::Duration};

use anyhow::Context as _;
use async_trait::async_trait;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use events::{ConsumerTopology, Consumers};
use service_kit::{AnyService, Context, Platform, Running, Service};
use tokio::sync::{Mutex, OnceCell};

use crate::{clock, config::SandboxConfig, faults::Faults, jobs, routes, state::Sandbox};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// No answer of the platform to a webhook takes longer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A service like the others, but for one thing: it brings the clock of its process to where it stood before anything
/// else of that process starts.
pub struct SandboxService(Service<Sandbox>);

/// The service, for whoever runs it: its own binary, `roomtone` or a test.
pub fn service() -> SandboxService {
    SandboxService(Service {
        name: "sandbox",
        migrations: Some(|| MIGRATIONS),
        routes: routes::routes,
        consumers: Consumers::new,
        jobs: jobs::jobs,
        build: |context| Box::pin(build(context)),
        ready: service_kit::ready_with_database,
    })
}

#[async_trait]
impl AnyService for SandboxService {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn has_database(&self) -> bool {
        self.0.has_database()
    }

    async fn migrate(&self, platform: &Platform) -> anyhow::Result<()> {
        self.0.migrate(platform).await
    }

    fn topology(&self) -> ConsumerTopology {
        self.0.topology()
    }

    async fn start(self: Box<Self>, platform: &Platform, listener: TcpListener) -> anyhow::Result<Running> {
        let address = listener.local_addr()?;
        anyhow::ensure!(address.ip().is_loopback(), "the sandbox must listen on loopback, not on {address}");
        clock::restore(platform).await?;
        Box::new(self.0).start(platform, listener).await
    }

    fn document(&self) -> utoipa::openapi::OpenApi {
        self.0.document()
    }
}

async fn build(context: &Context) -> anyhow::Result<Sandbox> {
    let config = SandboxConfig::load(&context.source)?;
    let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().context("building the HTTP client")?;
    Ok(Sandbox {
        db: context.database()?,
        clock: context.clock.clone(),
        config,
        directory: context.peers.directory().clone(),
        http,
        moving: Mutex::new(()),
        paypal_signer: OnceCell::new(),
        faults: Faults::default(),
        jobs: context.jobs.clone(),
    })
}
