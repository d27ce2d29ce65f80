//! Settings of the sandbox, and the conditions under which it refuses to exist.

use anyhow::ensure;
use secrecy::SecretString;
use service_kit::{Source, config::SERVICES};
use url::{Host, Url};

/// What the sandbox is told.
pub struct SandboxConfig {
    /// `sandbox_page_base`: where a browser reaches the hosted pages, without a trailing slash; the sandbox's own
    /// address unless given.
    pub page_base: Option<String>,
    /// `sandbox_stripe_webhook_url`: where Stripe's webhooks go; the webhook service unless given.
    pub stripe_webhook_url: Option<String>,
    /// `sandbox_square_webhook_url` and `sandbox_paypal_webhook_url`: the same for the others.
    pub square_webhook_url: Option<String>,
    pub paypal_webhook_url: Option<String>,
    /// `square_webhook_signature_key`, and the address it signs together with the body.
    pub square_signature_key: SecretString,
    pub square_notification_url: String,
    /// `stripe_webhook_secret`: what they are signed with. Derived in development, alike in every process.
    pub stripe_webhook_secret: SecretString,
    /// `clock_services`: the names of the services whose clock it moves, comma-separated; all of them unless given.
    pub clock_services: Vec<String>,
}

impl SandboxConfig {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        refuse_outside_development(source)?;
        let page_base = loopback_url(source, "sandbox_page_base")?;
        Ok(Self {
            page_base: page_base.map(|url| url.trim_end_matches('/').to_owned()),
            stripe_webhook_url: loopback_url(source, "sandbox_stripe_webhook_url")?,
            square_webhook_url: loopback_url(source, "sandbox_square_webhook_url")?,
            paypal_webhook_url: loopback_url(source, "sandbox_paypal_webhook_url")?,
            square_signature_key: source.secret("square_webhook_signature_key")?,
            square_notification_url: format!("{}/webhooks/square", source.public_url()?),
            stripe_webhook_secret: source.secret("stripe_webhook_secret")?,
            clock_services: clock_services(source.get("clock_services")?)?,
        })
    }
}

/// The sandbox hands out money, mails and time to whoever asks, so it fails closed: only in development, only on this
/// machine, never beside a key that moves real money.
pub fn refuse_outside_development(source: &Source) -> anyhow::Result<()> {
    ensure!(source.environment().is_development(), "the sandbox runs in development only");
    let bind = source.bind("sandbox")?;
    ensure!(is_loopback(&format!("http://{bind}")), "the sandbox must listen on loopback, not on {bind}");
    let public = source.public_url()?;
    ensure!(is_loopback(&public), "the sandbox must not run beside the public address {public}");
    let key: String = source.get_or("stripe_secret_key", String::new())?;
    let live = ["sk_live_", "rk_live_"].iter().any(|prefix| key.starts_with(prefix));
    ensure!(!live, "the sandbox must not run beside a live key");
    for (key, environment) in
        [("square_access_token", "square_environment"), ("paypal_client_id", "paypal_environment")]
    {
        let has_key = !source.get_or(key, String::new())?.is_empty();
        let is_test = source.get_or(environment, String::new())? == "sandbox";
        ensure!(!has_key || is_test, "the sandbox must not run beside a live key");
    }
    Ok(())
}

fn loopback_url(source: &Source, name: &str) -> anyhow::Result<Option<String>> {
    let Some(url) = source.get::<String>(name)? else { return Ok(None) };
    ensure!(is_loopback(&url), "ROOMTONE_{} must be on this machine", name.to_uppercase());
    Ok(Some(url))
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn clock_services(given: Option<String>) -> anyhow::Result<Vec<String>> {
    let all = || SERVICES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let Some(given) = given else { return Ok(all()) };
    let known = |name: &&str| SERVICES.iter().any(|(service, _)| service == name);
    let names: Vec<&str> = given.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let unknown = names.iter().find(|name| !known(name));
    ensure!(unknown.is_none(), "ROOMTONE_CLOCK_SERVICES names an unknown service: {}", unknown.unwrap_or(&""));
    Ok(names.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> anyhow::Result<SandboxConfig> {
        let all = [&[("env", "development")], pairs].concat();
        SandboxConfig::load(&Source::from_pairs(all)?)
    }

    #[test]
    fn it_starts_in_development_with_nothing_said() {
        assert_eq!(load(&[]).unwrap().clock_services.len(), SERVICES.len());
        assert_eq!(load(&[("clock_services", "sandbox, billing")]).unwrap().clock_services, ["sandbox", "billing"]);
    }

    #[test]
    fn it_refuses_production_the_public_and_live_keys() {
        assert!(SandboxConfig::load(&Source::from_pairs([("env", "production")]).unwrap()).is_err());
        assert!(SandboxConfig::load(&Source::from_pairs::<&str, &str>([]).unwrap()).is_err());
        for (name, value) in [
            ("sandbox_bind", "0.0.0.0:8090"),
            ("sandbox_bind", "[::]:8090"),
            ("public_url", "https://roomtone.example"),
            ("stripe_secret_key", "sk_live_1"),
            ("stripe_secret_key", "rk_live_1"),
            ("square_access_token", "EAAA"),
            ("paypal_client_id", "id"),
            ("sandbox_page_base", "https://pay.example"),
            ("sandbox_stripe_webhook_url", "http://127.0.0.1.example/hook"),
            ("clock_services", "sandbox,billling"),
        ] {
            assert!(load(&[(name, value)]).is_err(), "{name}={value}");
        }
    }
}
