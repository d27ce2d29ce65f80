//! Builds the real application; the binary, `roomtone` and the tests all use it.

use std::sync::Arc;

use documents::Printer;
use events::Effects;
use kernel::SharedClock;
use providers::{PaymentProvider, ProviderAccess, ProviderError, ProviderName, Providers};
use service_kit::{Context, Peers};
use store::Db;

use crate::{config::Config, statements::Pace};

/// What handlers, consumers and jobs share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    pub peers: Peers,
    pub config: Config,
    /// Notified when a command has left work for a job.
    pub jobs: Effects,
    pub printer: Printer,
    /// When providers are asked what has moved.
    pub statements: Pace,
}

/// Documents printed at once: each keeps a core busy.
const PRINTED_AT_ONCE: usize = 2;

impl App {
    pub fn new(context: &Context, config: Config) -> anyhow::Result<Self> {
        Ok(Self {
            db: context.database()?,
            clock: context.clock.clone(),
            peers: context.peers.clone(),
            config,
            jobs: context.jobs.clone(),
            printer: Printer::new(PRINTED_AT_ONCE),
            statements: Pace::default(),
        })
    }

    /// With given providers instead of configured ones, for tests with one that misbehaves on purpose.
    pub fn with_providers(context: &Context, providers: Providers) -> anyhow::Result<Self> {
        let mut config = Config::read(context)?;
        config.providers = ProviderAccess::fixed(providers);
        Self::new(context, config)
    }

    /// The enabled providers; none where the configuration cannot be used, which start-up has refused before.
    pub fn providers(&self) -> Providers {
        self.config.providers.providers().unwrap_or_else(|error| {
            tracing::error!(%error, "the payment providers cannot be used");
            Providers::default()
        })
    }

    pub fn provider(&self, name: ProviderName) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        self.providers().require(name)
    }
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    App::new(context, Config::read(context)?)
}
