//! JSON over HTTP for the providers that have no client library of ours: time limits, answers of limited size, and
//! transport failures in our classes.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect::Policy};
use serde::de::DeserializeOwned;

use crate::{ConfigError, ProviderError};

/// No object of a provider's is larger.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A client for the API at `base`. It follows no redirect: an API has none, and a credential must not travel to where one
/// leads. Nor does it ask a proxy for what is on this machine.
pub fn client(base: &Url, timeout_ms: u64) -> Result<Client, ConfigError> {
    let builder = Client::builder()
        .redirect(Policy::none())
        .timeout(Duration::from_millis(timeout_ms))
        .connect_timeout(Duration::from_millis(timeout_ms.min(5_000)));
    let is_here = matches!(base.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let builder = if is_here { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| ConfigError::Client(error.to_string()))
}

/// The address of an API, ready to have `v2/…` appended.
pub fn base_url(text: &str) -> Result<Url, ConfigError> {
    let refused = || ConfigError::BadUrl(text.to_owned());
    let url: Url = format!("{}/", text.trim_end_matches('/')).parse().map_err(|_| refused())?;
    let usable = matches!(url.scheme(), "http" | "https") && url.has_host();
    if usable { Ok(url) } else { Err(refused()) }
}

/// What came back, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Answer {
    /// The object in the body. An answer that cannot be read says nothing about what was done.
    pub fn object<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ProviderError::Unavailable(format!("unexpected answer: {error}")))
    }
}

/// Sends a request and reads its answer to the end.
pub async fn send(request: RequestBuilder) -> Result<Answer, ProviderError> {
    let mut response = request.send().await.map_err(transport)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(ProviderError::Unavailable("an answer of more than a mebibyte".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

fn transport(error: reqwest::Error) -> ProviderError {
    if error.is_timeout() {
        return ProviderError::Timeout;
    }
    // Without the address: one of a token's kind must not end up in a log.
    ProviderError::Unreachable(error.without_url().to_string())
}

/// Ids become part of a path: anything else than letters, digits, `-` and `_` cannot be an id of theirs.
pub fn checked_id(id: &str) -> Result<&str, ProviderError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let usable = !id.is_empty() && id.len() <= 255 && id.bytes().all(plain);
    if usable { Ok(id) } else { Err(ProviderError::NotFound("not an id of the provider's".to_owned())) }
}

/// Cut to at most `length` characters, for fields of limited length.
pub fn shortened(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_no_paths() {
        assert_eq!(checked_id("5O190127TN364715T"), Ok("5O190127TN364715T"));
        for bad in ["", "..", "a/b", "a?b", "é", &"x".repeat(256)] {
            assert!(checked_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_get_one_slash_at_their_end() {
        assert_eq!(base_url("http://127.0.0.1:1/paypal").unwrap().as_str(), "http://127.0.0.1:1/paypal/");
        assert_eq!(base_url("https://connect.squareup.com/").unwrap().as_str(), "https://connect.squareup.com/");
        for bad in ["", "connect.squareup.com", "ftp://connect.squareup.com"] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }
}
