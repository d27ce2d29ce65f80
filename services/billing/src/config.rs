//! What billing reads from the configuration.

use anyhow::Context as _;
use providers::{Providers, ProvidersConfig};
use service_kit::{Context, Environment};

use crate::provider_access::ProviderAccess;

/// The settings of billing.
pub struct Config {
    /// Where customers come back to after paying, unless a client names its own pages.
    pub public_url: String,
    /// Customers are only sent to https pages: always in production.
    pub https_callbacks_only: bool,
    pub providers: ProviderAccess,
}

impl Config {
    pub fn read(context: &Context) -> anyhow::Result<Self> {
        Ok(Self {
            public_url: context.source.public_url()?,
            https_callbacks_only: context.environment == Environment::Production,
            providers: provider_access(context)?,
        })
    }
}

/// Providers with keys are used; without any, development has the sandbox and production takes no payments.
fn provider_access(context: &Context) -> anyhow::Result<ProviderAccess> {
    let configured = ProvidersConfig::from_settings(|name| context.source.get::<String>(name))?;
    if configured.is_empty() && context.environment.is_development() {
        let webhook_secret = context.source.secret("stripe_webhook_secret")?;
        return Ok(ProviderAccess::sandbox(context.peers.directory().clone(), webhook_secret));
    }
    Providers::new(configured).map(ProviderAccess::fixed).context("the payment providers' configuration")
}
