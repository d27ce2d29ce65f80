//! What the console's page may load and do (Content Security Policy Level 3): its own files, and the API at either host.

use actix_web::http::header::HeaderValue;
use anyhow::Context as _;

use crate::config::GatewayConfig;

/// `console_csp` in place of ours, where the operator has set one.
pub fn header(config: &GatewayConfig) -> anyhow::Result<HeaderValue> {
    let policy = config.console_csp.clone().unwrap_or_else(|| ours(&config.public_url, &config.api_host));
    HeaderValue::try_from(policy).context("ROOMTONE_CONSOLE_CSP is no value of a header")
}

fn ours(public_url: &str, api_host: &str) -> String {
    let (scheme, socket) = if public_url.starts_with("https://") { ("https", "wss") } else { ("http", "ws") };
    let port = port(public_url).map(|port| format!(":{port}")).unwrap_or_default();
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        &format!("connect-src 'self' {scheme}://{api_host}{port} {socket}://{api_host}{port}"),
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    .join("; ")
}

fn port(url: &str) -> Option<u16> {
    url.parse::<http::Uri>().ok()?.port_u16()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_elsewhere_is_loaded_and_nothing_inline_runs() {
        let policy = ours("https://roomtone.example:8443", "api.roomtone.example");
        assert!(
            policy.contains("connect-src 'self' https://api.roomtone.example:8443 wss://api.roomtone.example:8443")
        );
        for word in ["unsafe", "*", "https: "] {
            assert!(!policy.contains(word), "{policy}");
        }
        assert!(ours("http://127.0.0.1:8080", "api.127.0.0.1").contains(" ws://api.127.0.0.1:8080"));
    }
}
