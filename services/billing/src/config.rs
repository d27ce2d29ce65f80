//! What billing reads from the configuration.

use std::sync::Arc;

use anyhow::Context as _;
use commission::Rate;
use providers::{ProviderAccess, Providers, ProvidersConfig, SandboxSecrets, TokenVault};
use secrecy::{ExposeSecret, SecretString};
use service_kit::{Context, Environment, Source};

/// The settings of billing.
pub struct Config {
    /// Where customers come back to after paying, unless a client names its own pages.
    pub public_url: String,
    /// Customers are only sent to https pages: always in production.
    pub https_callbacks_only: bool,
    pub providers: ProviderAccess,
    /// Seals what companies' own accounts are used with; `None` where none may be connected.
    pub vault: Option<Arc<TokenVault>>,
    /// `commission_percent`: what the platform keeps of the net part of a payment, unless something else was set for the company or
    /// its plan.
    pub commission: Rate,
}

impl Config {
    pub fn read(context: &Context) -> anyhow::Result<Self> {
        Ok(Self {
            public_url: context.source.public_url()?,
            https_callbacks_only: context.environment == Environment::Production,
            providers: provider_access(context)?,
            vault: token_vault(&context.source)?.map(Arc::new),
            commission: commission_rate(&context.source)?,
        })
    }
}

fn commission_rate(source: &Source) -> anyhow::Result<Rate> {
    let setting: Option<String> = source.get("commission_percent")?;
    commission::rate(setting.as_deref()).context("ROOMTONE_COMMISSION_PERCENT")
}

/// `ROOMTONE_PROVIDER_TOKEN_KEYS`: `id:secret[,id:secret]`, the current one first. Development makes one up.
pub fn token_vault(source: &Source) -> anyhow::Result<Option<TokenVault>> {
    let keys = match source.get::<String>("provider_token_keys")? {
        Some(keys) => keys.into(),
        None if source.environment().is_development() => {
            SecretString::from(format!("dev:{}", source.secret("provider_token_key")?.expose_secret()))
        }
        None => return Ok(None),
    };
    TokenVault::new(&keys).map(Some).context("ROOMTONE_PROVIDER_TOKEN_KEYS")
}

/// Providers with keys are used; without any, development has the sandbox and production takes no payments.
fn provider_access(context: &Context) -> anyhow::Result<ProviderAccess> {
    let source = &context.source;
    let configured = ProvidersConfig::from_settings(|name| setting(source, name))?;
    if configured.is_empty() && context.environment.is_development() {
        let directory = context.peers.directory().clone();
        let secrets = SandboxSecrets {
            stripe_webhook: source.secret("stripe_webhook_secret")?,
            square_webhook: source.secret("square_webhook_signature_key")?,
            square_notification_url: notification_url(source)?,
        };
        return Ok(ProviderAccess::sandbox(move || directory.url("sandbox"), secrets));
    }
    Providers::new(configured).map(ProviderAccess::fixed).context("the payment providers' configuration")
}

/// Where Square was told to call, unless it was told otherwise, is the gateway's door.
fn setting(source: &Source, name: &str) -> anyhow::Result<Option<String>> {
    let given = source.get(name)?;
    if name == "square_webhook_url" && given.is_none() { Ok(Some(notification_url(source)?)) } else { Ok(given) }
}

fn notification_url(source: &Source) -> anyhow::Result<String> {
    Ok(format!("{}/webhooks/square", source.public_url()?))
}
