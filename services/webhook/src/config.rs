//! Which providers may call, and what they sign with.

use providers::{Providers, ProvidersConfig};
use secrecy::ExposeSecret;
use service_kit::Source;

/// Settings as [`ProvidersConfig::from_settings`] reads them. `stripe_webhook_secret` may stand for
/// `stripe_webhook_secrets`; several are separated by commas, so that a secret can be rotated without a gap. In
/// development without provider keys it is what the sandbox signs with; in production without keys nobody may call.
pub fn providers(source: &Source) -> anyhow::Result<Providers> {
    let setting = |name: &str| -> anyhow::Result<Option<String>> {
        let alias = if name == "stripe_webhook_secrets" { source.get("stripe_webhook_secret")? } else { None };
        Ok(source.get(name)?.or(alias))
    };
    let mut config = ProvidersConfig::from_settings(setting)?;
    if config.is_empty() && source.environment().is_development() {
        config = sandbox(source)?;
    }
    Ok(Providers::new(config)?)
}

fn sandbox(source: &Source) -> anyhow::Result<ProvidersConfig> {
    let urls = source.service_urls()?;
    let url = urls.get("sandbox").map(String::as_str).unwrap_or_default();
    Ok(ProvidersConfig::sandbox(url, source.secret("stripe_webhook_secret")?.expose_secret().into()))
}

#[cfg(test)]
mod tests {
    use providers::ProviderName;

    use super::*;

    fn enabled(pairs: &[(&str, &str)]) -> Vec<ProviderName> {
        providers(&Source::from_pairs(pairs.iter().copied()).unwrap()).unwrap().enabled()
    }

    #[test]
    fn without_keys_the_sandbox_calls_in_development_and_nobody_in_production() {
        assert_eq!(enabled(&[("env", "development")]), [ProviderName::Stripe]);
        assert_eq!(enabled(&[]), []);
    }

    #[test]
    fn stripe_calls_where_it_has_keys() {
        for name in ["stripe_webhook_secret", "stripe_webhook_secrets"] {
            assert_eq!(
                enabled(&[("stripe_secret_key", "sk_live_x"), (name, "whsec_a,whsec_b")]),
                [ProviderName::Stripe]
            );
        }
    }
}
