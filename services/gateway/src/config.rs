//! Settings of the gateway.

use std::time::Duration;

use anyhow::ensure;
use http::Uri;
use service_kit::{Environment, Source};

/// What the gateway is told.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    pub environment: Environment,
    /// Where clients reach us, without a trailing slash.
    pub public_url: String,
    /// `gateway_body_limit`: the largest request body that is passed on, in bytes.
    pub body_limit: u64,
    /// `gateway_upstream_timeout_secs`: how long a service may take to begin its answer.
    pub upstream_timeout: Duration,
    /// `cors_origins`: the origins whose pages may call us, comma-separated and exact; none unless given.
    pub cors_origins: Vec<String>,
}

const DEFAULT_BODY_LIMIT: u64 = 10 * 1024 * 1024;

impl GatewayConfig {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        let environment = source.environment();
        let origins: String = source.get_or("cors_origins", String::new())?;
        let origins = origins.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        Ok(Self {
            environment,
            public_url: source.public_url()?,
            body_limit: source.get_or("gateway_body_limit", DEFAULT_BODY_LIMIT)?,
            upstream_timeout: Duration::from_secs(source.get_or("gateway_upstream_timeout_secs", 30)?),
            cors_origins: origins.map(|origin| exact_origin(origin, environment)).collect::<Result<_, _>>()?,
        })
    }
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
}
