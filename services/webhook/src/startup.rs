//! Builds the running service.

use kernel::SharedClock;
use providers::{ConfigError, ProviderAccess, Providers};
use service_kit::Context;
use store::Db;

use crate::config;

/// What handlers share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    pub access: ProviderAccess,
}

impl App {
    /// Those that may call.
    pub fn providers(&self) -> Result<Providers, ConfigError> {
        self.access.providers()
    }
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    let access = config::provider_access(&context.source, context.peers.directory())?;
    Ok(App { db: context.database()?, clock: context.clock.clone(), access })
}
