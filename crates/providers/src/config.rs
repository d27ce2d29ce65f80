//! Which providers are switched on, and with which keys.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// The `providers` section of a service's configuration. A provider whose section is absent is off.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProvidersConfig {
    pub stripe: Option<StripeConfig>,
}

impl ProvidersConfig {
    /// Reads flat settings by name: `stripe_secret_key`, `stripe_publishable_key`, `stripe_webhook_secrets`
    /// (comma-separated), `stripe_api_url`, `stripe_timeout_ms`. Without a secret key Stripe stays off.
    ///
    /// Fails with what `get` fails with; texts that are no URL or number are refused by [`crate::Providers::new`] and
    /// the default, respectively.
    pub fn from_settings<E>(mut get: impl FnMut(&str) -> Result<Option<String>, E>) -> Result<Self, E> {
        let Some(secret_key) = get("stripe_secret_key")?.filter(|key| !key.is_empty()) else {
            return Ok(Self::default());
        };
        let stripe = StripeConfig {
            secret_key: secret_key.into(),
            publishable_key: get("stripe_publishable_key")?,
            webhook_secrets: secrets(get("stripe_webhook_secrets")?.unwrap_or_default().split(',')),
            api_url: get("stripe_api_url")?,
            timeout_ms: get("stripe_timeout_ms")?.and_then(|ms| ms.parse().ok()).unwrap_or_else(default_timeout_ms),
        };
        Ok(Self { stripe: Some(stripe) })
    }

    /// Every provider the sandbox at `sandbox_url` (`http://127.0.0.1:8090`) plays. For development without keys.
    pub fn sandbox(sandbox_url: &str, webhook_secret: SecretString) -> Self {
        let stripe = StripeConfig {
            secret_key: "sk_test_sandbox".to_owned().into(),
            publishable_key: Some("pk_test_sandbox".to_owned()),
            webhook_secrets: vec![webhook_secret],
            api_url: Some(format!("{}/stripe/", sandbox_url.trim_end_matches('/'))),
            timeout_ms: default_timeout_ms(),
        };
        Self { stripe: Some(stripe) }
    }

    /// No provider has keys.
    pub fn is_empty(&self) -> bool {
        self.stripe.is_none()
    }
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
