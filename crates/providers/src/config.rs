//! Which providers are switched on, and with which keys.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use crate::{ProviderName, SandboxSecrets};

/// The `providers` section of a service's configuration. A provider whose section is absent is off.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProvidersConfig {
    pub stripe: Option<StripeConfig>,
    pub square: Option<SquareConfig>,
    pub paypal: Option<PaypalConfig>,
    /// Whom customers pay where neither they nor the company have chosen; the first enabled one unless given.
    pub default: Option<ProviderName>,
}

impl ProvidersConfig {
    /// Reads flat settings by name; lists are separated by commas. A provider without its key stays off.
    ///
    /// * `stripe_secret_key`, `stripe_publishable_key`, `stripe_webhook_secrets`, `stripe_api_url`, `stripe_timeout_ms`;
    /// * `square_access_token`, `square_location_id`, `square_environment` (`production` unless `sandbox`),
    ///   `square_application_id`, `square_webhook_signature_keys`, `square_webhook_url` (what Square was told to call;
    ///   signed with every event), `square_api_url`, `square_timeout_ms`;
    /// * `paypal_client_id`, `paypal_client_secret`, `paypal_environment` (`live` unless `sandbox`),
    ///   `paypal_webhook_ids`, `paypal_api_url`, `paypal_timeout_ms`;
    /// * `default_provider`.
    ///
    /// Fails with what `get` fails with; texts that are no URL, number or name are refused by
    /// [`crate::Providers::new`] or stand for the default.
    pub fn from_settings<E>(mut get: impl FnMut(&str) -> Result<Option<String>, E>) -> Result<Self, E> {
        Ok(Self {
            stripe: stripe_settings(&mut get)?,
            square: square_settings(&mut get)?,
            paypal: paypal_settings(&mut get)?,
            default: get("default_provider")?.and_then(|name| name.parse().ok()),
        })
    }

    /// Every provider the sandbox at `sandbox_url` (`http://127.0.0.1:8090`) plays. For development without keys.
    pub fn sandbox(sandbox_url: &str, secrets: &SandboxSecrets) -> Self {
        let base = |provider: &str| Some(format!("{}/{provider}/", sandbox_url.trim_end_matches('/')));
        let stripe = StripeConfig {
            secret_key: "sk_test_sandbox".to_owned().into(),
            publishable_key: Some("pk_test_sandbox".to_owned()),
            webhook_secrets: vec![secrets.stripe_webhook.clone()],
            api_url: base("stripe"),
            timeout_ms: default_timeout_ms(),
        };
        let square = SquareConfig {
            access_token: "EAAAsandbox".to_owned().into(),
            location_id: "LSANDBOX".to_owned(),
            environment: ProviderEnvironment::Sandbox,
            application_id: Some("sandbox-sq0idb-roomtone".to_owned()),
            webhook_signature_keys: vec![secrets.square_webhook.clone()],
            webhook_url: Some(secrets.square_notification_url.clone()),
            api_url: base("square"),
            timeout_ms: default_timeout_ms(),
        };
        let paypal = PaypalConfig {
            client_id: "sandbox".to_owned(),
            client_secret: "sandbox".to_owned().into(),
            environment: ProviderEnvironment::Sandbox,
            webhook_ids: vec!["WH-SANDBOX".to_owned()],
            api_url: base("paypal"),
            timeout_ms: default_timeout_ms(),
        };
        Self { stripe: Some(stripe), square: Some(square), paypal: Some(paypal), default: Some(ProviderName::Stripe) }
    }

    /// No provider has keys.
    pub fn is_empty(&self) -> bool {
        self.stripe.is_none() && self.square.is_none() && self.paypal.is_none()
    }
}

type Setting<'g, E> = &'g mut dyn FnMut(&str) -> Result<Option<String>, E>;

fn stripe_settings<E>(get: Setting<'_, E>) -> Result<Option<StripeConfig>, E> {
    let Some(secret_key) = given(get("stripe_secret_key")?) else { return Ok(None) };
    Ok(Some(StripeConfig {
        secret_key: secret_key.into(),
        publishable_key: get("stripe_publishable_key")?,
        webhook_secrets: secrets(get("stripe_webhook_secrets")?.unwrap_or_default().split(',')),
        api_url: get("stripe_api_url")?,
        timeout_ms: milliseconds(get("stripe_timeout_ms")?),
    }))
}

fn square_settings<E>(get: Setting<'_, E>) -> Result<Option<SquareConfig>, E> {
    let Some(access_token) = given(get("square_access_token")?) else { return Ok(None) };
    Ok(Some(SquareConfig {
        access_token: access_token.into(),
        location_id: get("square_location_id")?.unwrap_or_default(),
        environment: environment(get("square_environment")?),
        application_id: given(get("square_application_id")?),
        webhook_signature_keys: secrets(get("square_webhook_signature_keys")?.unwrap_or_default().split(',')),
        webhook_url: given(get("square_webhook_url")?),
        api_url: get("square_api_url")?,
        timeout_ms: milliseconds(get("square_timeout_ms")?),
    }))
}

fn paypal_settings<E>(get: Setting<'_, E>) -> Result<Option<PaypalConfig>, E> {
    let Some(client_id) = given(get("paypal_client_id")?) else { return Ok(None) };
    let webhook_ids = get("paypal_webhook_ids")?.unwrap_or_default();
    Ok(Some(PaypalConfig {
        client_id,
        client_secret: get("paypal_client_secret")?.unwrap_or_default().into(),
        environment: environment(get("paypal_environment")?),
        webhook_ids: webhook_ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        api_url: get("paypal_api_url")?,
        timeout_ms: milliseconds(get("paypal_timeout_ms")?),
    }))
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn milliseconds(text: Option<String>) -> u64 {
    text.and_then(|ms| ms.parse().ok()).unwrap_or_else(default_timeout_ms)
}

/// Real money unless the text says otherwise: a typing error must not send customers to a test page unnoticed, and a
/// test key is refused by the production API at once.
fn environment(text: Option<String>) -> ProviderEnvironment {
    match text.as_deref() {
        Some("sandbox") => ProviderEnvironment::Sandbox,
        _ => ProviderEnvironment::Production,
    }
}

/// Which of a provider's own two worlds the keys belong to, where the keys themselves do not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderEnvironment {
    #[default]
    #[serde(alias = "live")]
    Production,
    Sandbox,
}

/// Square's keys (<https://developer.squareup.com/docs/build-basics/access-tokens>).
#[derive(Debug, Clone, Deserialize)]
pub struct SquareConfig {
    /// Of the platform's own account. Empty means that Square is off.
    pub access_token: SecretString,
    /// Where the platform's payments are booked. Its currency is the only one it takes.
    pub location_id: String,
    #[serde(default)]
    pub environment: ProviderEnvironment,
    /// `sq0idp-…`: companies connect their own accounts to it.
    #[serde(default)]
    pub application_id: Option<String>,
    /// Each is accepted, so that a key can be replaced without a gap.
    #[serde(default, deserialize_with = "list_or_text")]
    pub webhook_signature_keys: Vec<SecretString>,
    /// The notification address exactly as it was given to Square: it is part of what is signed.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// Only for our sandbox: `http://127.0.0.1:8090/square/`. Refused beside production keys.
    #[serde(default)]
    pub api_url: Option<String>,
    /// How long one call may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

/// PayPal's keys (<https://developer.paypal.com/api/rest/>).
#[derive(Debug, Clone, Deserialize)]
pub struct PaypalConfig {
    /// Empty means that PayPal is off.
    pub client_id: String,
    pub client_secret: SecretString,
    #[serde(default)]
    pub environment: ProviderEnvironment,
    /// Of the webhooks that PayPal was told to call: part of what is signed. Each is accepted.
    #[serde(default)]
    pub webhook_ids: Vec<String>,
    /// Only for our sandbox: `http://127.0.0.1:8090/paypal/`. Refused beside live keys.
    #[serde(default)]
    pub api_url: Option<String>,
    /// How long one call may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

/// Stripe's keys (<https://docs.stripe.com/keys>) and, in development, the address of the sandbox.
#[derive(Debug, Clone, Deserialize)]
pub struct StripeConfig {
    /// `sk_test_…`, `sk_live_…` or a restricted `rk_…`. Empty means that Stripe is off.
    pub secret_key: SecretString,
    /// `pk_…`: what a browser may know.
    #[serde(default)]
    pub publishable_key: Option<String>,
    /// `whsec_…`, a list or one comma-separated text. Each is accepted, so that a secret can be rotated without a gap.
    #[serde(default, deserialize_with = "list_or_text")]
    pub webhook_secrets: Vec<SecretString>,
    /// Only for the sandbox: `http://127.0.0.1:8090/stripe/`. Refused beside a live key.
    #[serde(default)]
    pub api_url: Option<String>,
    /// How long one call may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_timeout_ms() -> u64 {
    15_000
}

fn list_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SecretString>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum ListOrText {
        List(Vec<String>),
        Text(String),
    }
    Ok(match ListOrText::deserialize(deserializer)? {
        ListOrText::List(parts) => secrets(parts.iter().map(String::as_str)),
        ListOrText::Text(text) => secrets(text.split(',')),
    })
}

/// An empty secret would accept what anybody signs.
fn secrets<'t>(parts: impl Iterator<Item = &'t str>) -> Vec<SecretString> {
    let given = parts.map(str::trim).filter(|part| !part.is_empty());
    given.map(|part| SecretString::from(part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    #[test]
    fn webhook_secrets_come_as_list_or_text() {
        for value in [json!(["whsec_a", "whsec_b"]), json!("whsec_a, whsec_b,")] {
            let section = json!({"secret_key": "sk_test_x", "webhook_secrets": value});
            let config: StripeConfig = serde_json::from_value(section).unwrap();
            let secrets: Vec<_> = config.webhook_secrets.iter().map(ExposeSecret::expose_secret).collect();
            assert_eq!(secrets, ["whsec_a", "whsec_b"]);
        }
    }

    #[test]
    fn settings_are_read_by_name() {
        let settings = [("stripe_secret_key", "sk_test_x"), ("stripe_webhook_secrets", "whsec_a,whsec_b")];
        let get = |name: &str| {
            let value = settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Ok::<_, std::convert::Infallible>(value)
        };
        let stripe = ProvidersConfig::from_settings(get).unwrap().stripe.unwrap();
        assert_eq!((stripe.webhook_secrets.len(), stripe.api_url, stripe.timeout_ms), (2, None, 15_000));
        let settings = [
            ("square_access_token", "EAAA"),
            ("square_environment", "sandbox"),
            ("square_webhook_signature_keys", "new,old"),
            ("paypal_client_id", "id"),
            ("paypal_webhook_ids", "WH-1, WH-2"),
            ("paypal_environment", "typo"),
            ("default_provider", "paypal"),
        ];
        let get = |name: &str| {
            let value = settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Ok::<_, std::convert::Infallible>(value)
        };
        let config = ProvidersConfig::from_settings(get).unwrap();
        let (square, paypal) = (config.square.unwrap(), config.paypal.unwrap());
        assert!(config.stripe.is_none() && config.default == Some(ProviderName::Paypal));
        assert_eq!((square.environment, square.webhook_signature_keys.len()), (ProviderEnvironment::Sandbox, 2));
        assert_eq!((paypal.environment, paypal.webhook_ids.len()), (ProviderEnvironment::Production, 2));
        let none = ProvidersConfig::from_settings(|_| Ok::<_, std::convert::Infallible>(None)).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn keys_are_not_printed() {
        let section = json!({"secret_key": "sk_test_hidden", "webhook_secrets": ["whsec_hidden"]});
        let config: StripeConfig = serde_json::from_value(section).unwrap();
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
