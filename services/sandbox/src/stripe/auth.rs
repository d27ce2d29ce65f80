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
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = match value.split_once(' ') {
        Some(("Bearer", key)) => key.to_owned(),
        Some(("Basic", encoded)) => user_of(encoded),
        _ => return Err(StripeError::unauthorized("You did not provide an API key.")),
    };
    let usable = ["sk_test_", "rk_test_"].iter().any(|prefix| key.starts_with(prefix));
    if usable { Ok(TestKey) } else { Err(StripeError::unauthorized("Invalid API Key provided.")) }
}

fn user_of(encoded: &str) -> String {
    let decoded = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
}
