//! The payment providers of a process, however they are found.
//!
//! Configured ones are built at start. The sandbox is only found when it is asked for, because all services of one
//! process start before their addresses are known.

use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

use crate::{ConfigError, Providers, ProvidersConfig};

/// What the sandbox signs its webhooks with. PayPal's are signed with a certificate that the sandbox publishes.
#[derive(Debug, Clone)]
pub struct SandboxSecrets {
    /// `whsec_…`
    pub stripe_webhook: SecretString,
    pub square_webhook: SecretString,
    /// The address that Square signs together with the body: the public one.
    pub square_notification_url: String,
}

/// Gives the providers.
pub struct ProviderAccess(Found);

type FindSandbox = Box<dyn Fn() -> String + Send + Sync>;

enum Found {
    Fixed(Providers),
    Sandbox { find: FindSandbox, secrets: SandboxSecrets, built: Mutex<Option<Built>> },
}

struct Built {
    url: String,
    providers: Providers,
}

impl ProviderAccess {
    pub fn fixed(providers: Providers) -> Self {
        Self(Found::Fixed(providers))
    }

    /// The providers as the sandbox plays them, wherever `find` says that it is.
    pub fn sandbox(find: impl Fn() -> String + Send + Sync + 'static, secrets: SandboxSecrets) -> Self {
        Self(Found::Sandbox { find: Box::new(find), secrets, built: Mutex::default() })
    }

    /// Cheap after the first call, and built anew only when the sandbox has moved.
    pub fn providers(&self) -> Result<Providers, ConfigError> {
        let (find, secrets, built) = match &self.0 {
            Found::Fixed(providers) => return Ok(providers.clone()),
            Found::Sandbox { find, secrets, built } => (find, secrets, built),
        };
        let url = find();
        let mut built = built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = built.as_ref().filter(|known| known.url == url) {
            return Ok(known.providers.clone());
        }
        let providers = Providers::new(ProvidersConfig::sandbox(&url, secrets))?;
        *built = Some(Built { url, providers: providers.clone() });
        Ok(providers)
    }
}
