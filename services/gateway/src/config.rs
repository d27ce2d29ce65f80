//! Settings of the gateway.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use http::Uri;
use ipnet::IpNet;
use service_kit::{Environment, Source};

/// What the gateway is told.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    pub environment: Environment,
    /// Where clients reach us, without a trailing slash.
    pub public_url: String,
    /// `api_host`: the host whose paths need no `/api`; `api.` and the public host unless given.
    pub api_host: String,
    /// `gateway_upload_limit`: the largest upload, in bytes, where the table of classes is not to decide.
    pub upload_limit: Option<u64>,
    /// `gateway_time_limit_secs`: how long a service may take to begin its answer, for all classes alike.
    pub time_limit: Option<Duration>,
    /// `gateway_idle_secs`: how long a client may send and take nothing, or a service take nothing, while a body flows.
    pub idle_limit: Duration,
    /// `gateway_stream_idle_secs`: how long an open WebSocket may be silent in both directions.
    pub stream_idle_limit: Duration,
    /// `gateway_streams_per_caller`: the WebSockets one caller may have open at this process.
    pub streams_per_caller: usize,
    /// `trusted_proxies`: networks whose `X-Forwarded-For` is believed, comma-separated; `none` for a gateway that
    /// clients reach directly. Production demands the one or the other.
    pub trusted_proxies: Vec<IpNet>,
    /// `cors_origins`: the origins whose pages may call us, comma-separated and exact; none unless given.
    pub cors_origins: Vec<String>,
    /// `console_dir`: the folder of the web console, served at `/`; none unless given.
    pub console_dir: Option<PathBuf>,
    /// `console_csp`: the console's Content-Security-Policy in place of ours.
    pub console_csp: Option<String>,
}

impl GatewayConfig {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        let environment = source.environment();
        let public_url = source.public_url()?;
        let time_limit: Option<u64> = source.get("gateway_time_limit_secs")?;
        let origins = list(source, "cors_origins")?.into_iter().map(|origin| exact_origin(&origin, environment));
        Ok(Self {
            environment,
            api_host: source.get_or("api_host", api_host(&public_url))?.to_ascii_lowercase(),
            public_url,
            upload_limit: source.get("gateway_upload_limit")?,
            time_limit: time_limit.map(Duration::from_secs),
            idle_limit: Duration::from_secs(source.get_or("gateway_idle_secs", 30)?),
            stream_idle_limit: Duration::from_secs(source.get_or("gateway_stream_idle_secs", 90)?),
            streams_per_caller: source.get_or("gateway_streams_per_caller", 20)?,
            trusted_proxies: trusted_proxies(source)?,
            cors_origins: origins.collect::<Result<_, _>>()?,
            console_dir: source.get("console_dir")?,
            console_csp: source.get("console_csp")?,
        })
    }
}

/// A comma-separated setting; empty unless given.
fn list(source: &Source, name: &str) -> anyhow::Result<Vec<String>> {
    let text: String = source.get_or(name, String::new())?;
    Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

/// `api.` before the host of the public URL.
fn api_host(public_url: &str) -> String {
    let uri: Option<Uri> = public_url.parse().ok();
    format!("api.{}", uri.as_ref().and_then(Uri::host).unwrap_or_default())
}

/// Without a word in production nothing starts: behind a load balancer that nobody named, all clients would share one
/// address, its limits and its line in the audit trail.
fn trusted_proxies(source: &Source) -> anyhow::Result<Vec<IpNet>> {
    let named = list(source, "trusted_proxies")?;
    let said = source.environment().is_development() || !named.is_empty();
    ensure!(
        said,
        "ROOMTONE_TRUSTED_PROXIES is not set: name the load balancers' networks, or none where there are none"
    );
    if named == ["none"] {
        return Ok(Vec::new());
    }
    named.iter().map(|network| trusted_network(network)).collect()
}

/// `10.0.0.0/8`, or one address.
fn trusted_network(text: &str) -> anyhow::Result<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.with_context(|| format!("ROOMTONE_TRUSTED_PROXIES: {text} is no network"))?;
    ensure!(network.prefix_len() > 0, "ROOMTONE_TRUSTED_PROXIES: {text} would believe everybody");
    Ok(network)
}

/// An origin as a browser writes it (RFC 6454 section 6.2): no path, no wildcard; https in production.
fn exact_origin(origin: &str, environment: Environment) -> anyhow::Result<String> {
    let uri: Option<Uri> = origin.parse().ok();
    let exact = uri.is_some_and(|uri| match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => origin == format!("{scheme}://{authority}") && !origin.contains('*'),
        _ => false,
    });
    ensure!(exact, "ROOMTONE_CORS_ORIGINS: {origin} is not an origin such as https://app.example.com");
    let safe = environment.is_development() || origin.starts_with("https://");
    ensure!(safe, "ROOMTONE_CORS_ORIGINS: {origin} must be https in production");
    Ok(origin.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_origins_are_taken() {
        for (origin, taken) in [
            ("https://app.example.com", true),
            ("https://app.example.com:8443", true),
            ("https://app.example.com/", false),
            ("https://*.example.com", false),
            ("*", false),
            ("null", false),
            ("app.example.com", false),
            ("http://app.example.com", false),
        ] {
            assert_eq!(exact_origin(origin, Environment::Production).is_ok(), taken, "{origin}");
        }
        assert!(exact_origin("http://localhost:5173", Environment::Development).is_ok());
    }

    #[test]
    fn networks_are_told_exactly_and_never_everybody() {
        for (text, taken) in [
            ("10.0.0.0/8", true),
            ("192.0.2.7", true),
            ("::1", true),
            ("0.0.0.0/0", false),
            ("::/0", false),
            ("lb", false),
        ] {
            assert_eq!(trusted_network(text).is_ok(), taken, "{text}");
        }
    }

    #[test]
    fn production_does_not_start_without_a_word_on_its_proxies() {
        let proxies = |pairs: &[(&str, &str)]| trusted_proxies(&Source::from_pairs(pairs.iter().copied()).unwrap());
        let refused = proxies(&[]).unwrap_err().to_string();
        assert!(refused.contains("ROOMTONE_TRUSTED_PROXIES is not set"), "{refused}");
        assert!(proxies(&[("trusted_proxies", "")]).is_err());
        assert!(proxies(&[("trusted_proxies", "none, 10.0.0.0/8")]).is_err(), "none or some");
        assert_eq!(proxies(&[("trusted_proxies", "none")]).unwrap(), []);
        assert_eq!(proxies(&[("trusted_proxies", "10.0.0.0/8, 192.0.2.7")]).unwrap().len(), 2);
        assert_eq!(proxies(&[("env", "development")]).unwrap(), []);
    }

    #[test]
    fn the_api_has_a_host_beside_the_public_one() {
        assert_eq!(api_host("https://roomtone.example:8443"), "api.roomtone.example");
    }
}
