//! Which providers may call, and what they sign with.

use providers::{ProviderAccess, Providers, ProvidersConfig, SandboxSecrets};
use service_kit::{Source, peers::Directory};

/// Settings as [`ProvidersConfig::from_settings`] reads them. Lists (`stripe_webhook_secrets`,
/// `square_webhook_signature_keys`, `paypal_webhook_ids`) are separated by commas, so that a secret can be rotated
/// without a gap; `stripe_webhook_secret` may stand for the first. In development without provider keys the sandbox
/// calls; in production without keys nobody may.
pub fn provider_access(source: &Source, directory: &Directory) -> anyhow::Result<ProviderAccess> {
    let configured = ProvidersConfig::from_settings(|name| setting(source, name))?;
    if configured.is_empty() && source.environment().is_development() {
        let directory = directory.clone();
        return Ok(ProviderAccess::sandbox(move || directory.url("sandbox"), sandbox_secrets(source)?));
    }
    Ok(ProviderAccess::fixed(Providers::new(configured)?))
}

fn setting(source: &Source, name: &str) -> anyhow::Result<Option<String>> {
    let given = source.get(name)?;
    match name {
        "stripe_webhook_secrets" => Ok(given.or(source.get("stripe_webhook_secret")?)),
        // What Square was told to call is signed with every event; the gateway's door unless it was told otherwise.
        "square_webhook_url" if given.is_none() => Ok(Some(notification_url(source)?)),
        _ => Ok(given),
    }
}

fn sandbox_secrets(source: &Source) -> anyhow::Result<SandboxSecrets> {
    Ok(SandboxSecrets {
        stripe_webhook: source.secret("stripe_webhook_secret")?,
        square_webhook: source.secret("square_webhook_signature_key")?,
        square_notification_url: notification_url(source)?,
    })
}

fn notification_url(source: &Source) -> anyhow::Result<String> {
    Ok(format!("{}/webhooks/square", source.public_url()?))
}

#[cfg(test)]
mod tests {
    use providers::ProviderName;

    use super::*;

    fn enabled(pairs: &[(&str, &str)]) -> Vec<ProviderName> {
        let source = Source::from_pairs(pairs.iter().copied()).unwrap();
        let directory = Directory::new(source.service_urls().unwrap());
        provider_access(&source, &directory).unwrap().providers().unwrap().enabled()
    }

    #[test]
    fn without_keys_the_sandbox_calls_in_development_and_nobody_in_production() {
        assert_eq!(enabled(&[("env", "development")]), ProviderName::ALL);
        assert_eq!(enabled(&[("public_url", "https://roomtone.example")]), []);
    }

    #[test]
    fn a_provider_calls_where_it_has_keys() {
        for name in ["stripe_webhook_secret", "stripe_webhook_secrets"] {
            let pairs = [
                ("public_url", "https://roomtone.example"),
                ("stripe_secret_key", "sk_live_x"),
                (name, "whsec_a,whsec_b"),
                ("paypal_client_id", "id"),
                ("paypal_client_secret", "secret"),
            ];
            assert_eq!(enabled(&pairs), [ProviderName::Stripe, ProviderName::Paypal]);
        }
    }
}
