//! Who is asking. Any test key will do; a live key is refused, so that one typed in by mistake is noticed.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::StripeError;

/// A request with a usable key (<https://docs.stripe.com/api/authentication>).
pub struct TestKey;

impl FromRequest for TestKey {
    type Error = StripeError;
    type Future = Ready<Result<Self, StripeError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request))
    }
}

fn check(request: &HttpRequest) -> Result<TestKey, StripeError> {
    match kind_of(header_key(request).as_deref())? {
        KeyKind::Secret => Ok(TestKey),
        KeyKind::Publishable => {
            Err(StripeError::unauthorized("This API call cannot be made with a publishable API key."))
        }
    }
}

/// Who may have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// The platform.
    Secret,
    /// Every browser.
    Publishable,
}

/// Whose key it is, if it is one for tests.
pub fn kind_of(key: Option<&str>) -> Result<KeyKind, StripeError> {
    let key = key.ok_or_else(|| StripeError::unauthorized("You did not provide an API key."))?;
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| key.starts_with(prefix));
    match (begins(&["sk_test_", "rk_test_"]), begins(&["pk_test_"])) {
        (true, _) => Ok(KeyKind::Secret),
        (_, true) => Ok(KeyKind::Publishable),
        _ => Err(StripeError::unauthorized("Invalid API Key provided.")),
    }
}

/// The key of the header; browsers send theirs among the parameters.
pub fn header_key(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    match value.split_once(' ')? {
        ("Bearer", key) => Some(key.to_owned()),
        ("Basic", encoded) => Some(user_of(encoded)),
        _ => None,
    }
}

fn user_of(encoded: &str) -> String {
    let decoded = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
}
