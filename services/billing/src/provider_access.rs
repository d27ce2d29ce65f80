//! The payment providers of this process.
//!
//! Configured ones are built at start. The sandbox is only found when it is asked for, because all services of one
//! process start before their addresses are known.

use std::sync::{Mutex, PoisonError};

use providers::{ConfigError, Providers, ProvidersConfig};
use secrecy::SecretString;
use service_kit::peers::Directory;

/// Gives the providers, however they are found.
pub struct ProviderAccess(Found);

enum Found {
    Fixed(Providers),
    Sandbox { directory: Directory, webhook_secret: SecretString, built: Mutex<Option<Built>> },
}

struct Built {
    url: String,
    providers: Providers,
}

impl ProviderAccess {
    pub fn fixed(providers: Providers) -> Self {
        Self(Found::Fixed(providers))
    }

    /// The providers as the sandbox plays them, wherever the directory says it is.
    pub fn sandbox(directory: Directory, webhook_secret: SecretString) -> Self {
        Self(Found::Sandbox { directory, webhook_secret, built: Mutex::default() })
    }

    pub fn providers(&self) -> Result<Providers, ConfigError> {
        let (directory, secret, built) = match &self.0 {
            Found::Fixed(providers) => return Ok(providers.clone()),
            Found::Sandbox { directory, webhook_secret, built } => (directory, webhook_secret, built),
        };
        let url = directory.url("sandbox");
        let mut built = built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = built.as_ref().filter(|known| known.url == url) {
            return Ok(known.providers.clone());
        }
        let providers = Providers::new(ProvidersConfig::sandbox(&url, secret.clone()))?;
        *built = Some(Built { url, providers: providers.clone() });
        Ok(providers)
    }
}
