//! The configured providers, built once at start.

use std::{collections::BTreeMap, sync::Arc};

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    PaymentProvider, ProviderError, ProviderName, ProvidersConfig, SquareOauth, StripeConfig,
    config::ProviderEnvironment, paypal::PaypalProvider, square::SquareProvider, stripe::StripeProvider,
};

/// Whose money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nobody's: the development sandbox answers.
    Sandbox,
    /// Nobody's: the provider's own test mode.
    Test,
    /// The customers'.
    Live,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Why a configuration is refused; the service does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("a live key must not be used with another address than the provider's own")]
    LiveKeyWithSandbox,
    #[error("`{0}` is not a usable provider address")]
    BadUrl(String),
    #[error("test and live keys must not be mixed")]
    MixedModes,
    #[error("{0} has a key and lacks another setting: {1}")]
    Incomplete(ProviderName, &'static str),
    #[error("the default provider {0} has no keys")]
    DefaultIsOff(ProviderName),
    #[error("the secret key must start with sk_test_, sk_live_, rk_test_ or rk_live_")]
    BadKey,
    #[error("the client could not be built: {0}")]
    Client(String),
}

/// The registry of configured providers. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    by_name: BTreeMap<ProviderName, Arc<dyn PaymentProvider>>,
    publishable_keys: BTreeMap<ProviderName, String>,
    mode: Option<Mode>,
    default: Option<ProviderName>,
    square_oauth: Option<Arc<SquareOauth>>,
}

impl Providers {
    /// Builds every provider that has keys. Without any, payments are off: nothing is enabled and there is no mode.
    pub fn new(config: ProvidersConfig) -> Result<Self, ConfigError> {
        let mut providers = Self::default();
        if let Some(stripe) = config.stripe.filter(|stripe| !stripe.secret_key.expose_secret().is_empty()) {
            providers.agree_on(stripe_mode(&stripe)?)?;
            if let Some(key) = &stripe.publishable_key {
                providers.publishable_keys.insert(ProviderName::Stripe, key.clone());
            }
            providers.insert(Arc::new(StripeProvider::new(stripe)?));
        }
        if let Some(square) = config.square.filter(|square| !square.access_token.expose_secret().is_empty()) {
            providers.agree_on(mode(square.environment, square.api_url.is_some())?)?;
            providers.square_oauth = SquareOauth::new(&square)?.map(Arc::new);
            providers.insert(Arc::new(SquareProvider::new(square)?));
        }
        if let Some(paypal) = config.paypal.filter(|paypal| !paypal.client_id.is_empty()) {
            providers.agree_on(mode(paypal.environment, paypal.api_url.is_some())?)?;
            providers.publishable_keys.insert(ProviderName::Paypal, paypal.client_id.clone());
            providers.insert(Arc::new(PaypalProvider::new(paypal)?));
        }
        providers.default = config.default;
        match config.default.filter(|name| !providers.by_name.contains_key(name) && !providers.by_name.is_empty()) {
            Some(name) => Err(ConfigError::DefaultIsOff(name)),
            None => Ok(providers),
        }
    }

    /// A registry of given providers, for tests with one that misbehaves on purpose.
    pub fn of(mode: Mode, providers: impl IntoIterator<Item = Arc<dyn PaymentProvider>>) -> Self {
        let mut registry = Self { mode: Some(mode), ..Self::default() };
        providers.into_iter().for_each(|provider| registry.insert(provider));
        registry
    }

    /// The same with what clients of a provider are to have.
    pub fn with_publishable_key(mut self, name: ProviderName, key: &str) -> Self {
        self.publishable_keys.insert(name, key.to_owned());
        self
    }

    pub fn get(&self, name: ProviderName) -> Option<Arc<dyn PaymentProvider>> {
        self.by_name.get(&name).cloned()
    }

    /// Like `get`, with [`ProviderError::NotConfigured`] for one that is off.
    pub fn require(&self, name: ProviderName) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        self.get(name).ok_or(ProviderError::NotConfigured(name))
    }

    /// Whom customers pay where nobody has chosen; `None` while no provider is configured.
    pub fn default_provider(&self) -> Option<ProviderName> {
        let chosen = self.default.filter(|name| self.by_name.contains_key(name));
        chosen.or_else(|| self.by_name.keys().next().copied())
    }

    /// How companies connect their own Square accounts; `None` without an application id.
    pub fn square_oauth(&self) -> Option<Arc<SquareOauth>> {
        self.square_oauth.clone()
    }

    /// The configured ones, the default first.
    pub fn enabled(&self) -> Vec<ProviderName> {
        let default = self.default_provider();
        let others = self.by_name.keys().copied().filter(|name| Some(*name) != default);
        default.into_iter().chain(others).collect()
    }

    pub fn publishable_key(&self, name: ProviderName) -> Option<&str> {
        self.publishable_keys.get(&name).map(String::as_str)
    }

    /// `None` while no provider is configured.
    pub fn mode(&self) -> Option<Mode> {
        self.mode
    }

    fn agree_on(&mut self, mode: Mode) -> Result<(), ConfigError> {
        match self.mode.replace(mode) {
            Some(other) if other != mode => Err(ConfigError::MixedModes),
            _ => Ok(()),
        }
    }

    fn insert(&mut self, provider: Arc<dyn PaymentProvider>) {
        self.by_name.insert(provider.name(), provider);
    }
}

fn mode(environment: ProviderEnvironment, is_elsewhere: bool) -> Result<Mode, ConfigError> {
    match (environment, is_elsewhere) {
        (ProviderEnvironment::Production, true) => Err(ConfigError::LiveKeyWithSandbox),
        (ProviderEnvironment::Production, false) => Ok(Mode::Live),
        (ProviderEnvironment::Sandbox, true) => Ok(Mode::Sandbox),
        (ProviderEnvironment::Sandbox, false) => Ok(Mode::Test),
    }
}

fn stripe_mode(config: &StripeConfig) -> Result<Mode, ConfigError> {
    let key = config.secret_key.expose_secret();
    let starts = |prefixes: [&str; 2]| prefixes.iter().any(|prefix| key.starts_with(prefix));
    match (starts(["sk_live_", "rk_live_"]), starts(["sk_test_", "rk_test_"]), &config.api_url) {
        (true, _, Some(_)) => Err(ConfigError::LiveKeyWithSandbox),
        (true, _, None) => Ok(Mode::Live),
        (_, true, Some(_)) => Ok(Mode::Sandbox),
        (_, true, None) => Ok(Mode::Test),
        (false, false, _) => Err(ConfigError::BadKey),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn stripe(key: &str, api_url: Option<&str>) -> Result<Providers, ConfigError> {
        let stripe = StripeConfig {
            secret_key: SecretString::from(key.to_owned()),
            publishable_key: None,
            webhook_secrets: Vec::new(),
            api_url: api_url.map(str::to_owned),
            timeout_ms: 1_000,
        };
        Providers::new(ProvidersConfig { stripe: Some(stripe), ..ProvidersConfig::default() })
    }

    #[test]
    fn a_live_key_never_meets_the_sandbox() {
        let sandbox = Some("http://127.0.0.1:8090/stripe/");
        assert_eq!(stripe("sk_live_x", sandbox).unwrap_err(), ConfigError::LiveKeyWithSandbox);
        assert_eq!(stripe("rk_live_x", sandbox).unwrap_err(), ConfigError::LiveKeyWithSandbox);
    }

    #[test]
    fn the_mode_follows_key_and_address() {
        let sandbox = Some("http://127.0.0.1:8090/stripe/");
        assert_eq!(stripe("sk_test_x", sandbox).unwrap().mode(), Some(Mode::Sandbox));
        assert_eq!(stripe("sk_test_x", None).unwrap().mode(), Some(Mode::Test));
        assert_eq!(stripe("sk_live_x", None).unwrap().mode(), Some(Mode::Live));
        assert_eq!(stripe("pk_test_x", None).unwrap_err(), ConfigError::BadKey);
        for url in ["", "127.0.0.1:8090", "ftp://127.0.0.1/"] {
            assert_eq!(stripe("sk_test_x", Some(url)).unwrap_err(), ConfigError::BadUrl(url.to_owned()));
        }
    }

    fn of_settings(settings: &[(&str, &str)]) -> Result<Providers, ConfigError> {
        let get = |name: &str| {
            let value = settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Ok::<_, std::convert::Infallible>(value)
        };
        Providers::new(ProvidersConfig::from_settings(get).unwrap())
    }

    const SQUARE: [(&str, &str); 2] = [("square_access_token", "EAAA"), ("square_location_id", "L1")];
    const PAYPAL: [(&str, &str); 2] = [("paypal_client_id", "id"), ("paypal_client_secret", "secret")];

    #[test]
    fn three_providers_of_one_mode_are_enabled_and_the_default_is_chosen() {
        let all =
            [&SQUARE[..], &PAYPAL, &[("stripe_secret_key", "sk_live_x"), ("default_provider", "paypal")]].concat();
        let providers = of_settings(&all).unwrap();
        assert_eq!(providers.enabled(), [ProviderName::Paypal, ProviderName::Stripe, ProviderName::Square]);
        assert_eq!(providers.default_provider(), Some(ProviderName::Paypal));
        assert_eq!(providers.mode(), Some(Mode::Live));
        assert_eq!(of_settings(&SQUARE).unwrap().default_provider(), Some(ProviderName::Square));
    }

    #[test]
    fn test_and_live_keys_are_not_mixed() {
        let mixed = [&SQUARE[..], &[("stripe_secret_key", "sk_test_x")]].concat();
        assert_eq!(of_settings(&mixed).unwrap_err(), ConfigError::MixedModes);
        let elsewhere = [&PAYPAL[..], &[("paypal_api_url", "http://127.0.0.1:1/")]].concat();
        assert_eq!(of_settings(&elsewhere).unwrap_err(), ConfigError::LiveKeyWithSandbox);
    }

    #[test]
    fn half_a_configuration_is_refused() {
        let lonely = [("square_access_token", "EAAA")];
        let missing = ConfigError::Incomplete(ProviderName::Square, "square_location_id");
        assert_eq!(of_settings(&lonely).unwrap_err(), missing);
        let missing = ConfigError::Incomplete(ProviderName::Paypal, "paypal_client_secret");
        assert_eq!(of_settings(&PAYPAL[..1]).unwrap_err(), missing);
        let absent = [&SQUARE[..], &[("default_provider", "paypal")]].concat();
        assert_eq!(of_settings(&absent).unwrap_err(), ConfigError::DefaultIsOff(ProviderName::Paypal));
    }

    #[test]
    fn without_keys_payments_are_off() {
        for providers in [Providers::new(ProvidersConfig::default()).unwrap(), stripe("", None).unwrap()] {
            assert!(providers.enabled().is_empty() && providers.mode().is_none());
            let error = providers.require(ProviderName::Paypal).unwrap_err();
            assert_eq!(error, ProviderError::NotConfigured(ProviderName::Paypal));
        }
    }
}
