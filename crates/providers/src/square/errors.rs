//! Square's errors (<https://developer.squareup.com/docs/build-basics/general-considerations/handling-errors>) in our
//! classes.

use serde::Deserialize;

use super::objects::ErrorObject;
use crate::{Failure, ProviderError, http::Answer};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Errors {
    errors: Vec<ErrorObject>,
}

pub fn provider_error(answer: &Answer) -> ProviderError {
    let errors: Errors = serde_json::from_slice(&answer.body).unwrap_or_default();
    let first = errors.errors.into_iter().next().unwrap_or_default();
    let (code, category) = (first.code.clone(), first.category.clone());
    match (answer.status.as_u16(), code.as_str(), category.as_str()) {
        (_, "IDEMPOTENCY_KEY_REUSED", _) => ProviderError::KeyReused(first.message()),
        (401 | 403, ..) | (_, _, "AUTHENTICATION_ERROR") => ProviderError::Unauthorized,
        (404, ..) | (_, "NOT_FOUND", _) => ProviderError::NotFound(first.message()),
        (409, ..) | (_, "CONFLICT", _) => ProviderError::Conflict,
        (429, ..) | (_, _, "RATE_LIMIT_ERROR") => ProviderError::RateLimited,
        (408 | 500.., ..) | (_, _, "API_ERROR") => ProviderError::Unavailable(first.message()),
        (_, _, "PAYMENT_METHOD_ERROR") => ProviderError::Declined(first.into()),
        (400..=499, ..) => ProviderError::InvalidRequest(first.into()),
        (status, ..) => ProviderError::Unavailable(format!("an answer with status {status}")),
    }
}

impl ErrorObject {
    fn message(&self) -> String {
        self.detail.clone().unwrap_or_else(|| "No reason was given.".to_owned())
    }
}

impl From<ErrorObject> for Failure {
    fn from(error: ErrorObject) -> Self {
        let code = if error.code.is_empty() { "invalid_request".to_owned() } else { error.code.to_ascii_lowercase() };
        Self { message: error.message(), code }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    #[track_caller]
    fn check(status: u16, category: &str, code: &str, expected: impl Fn(&ProviderError) -> bool) {
        let body = serde_json::json!({"errors": [{"category": category, "code": code, "detail": "Why."}]});
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), body: body.to_string().into_bytes() };
        let error = provider_error(&answer);
        assert!(expected(&error), "{status} {category} {code}: {error:?}");
    }

    #[test]
    fn errors_are_sorted_by_what_is_done_about_them() {
        use ProviderError as E;
        check(400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", |error| matches!(error, E::KeyReused(_)));
        check(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", |error| *error == E::Unauthorized);
        check(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", |error| matches!(error, E::NotFound(_)));
        check(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", |error| *error == E::RateLimited);
        check(500, "API_ERROR", "INTERNAL_SERVER_ERROR", E::outcome_is_unknown);
        check(503, "API_ERROR", "SERVICE_UNAVAILABLE", E::outcome_is_unknown);
        check(
            402,
            "PAYMENT_METHOD_ERROR",
            "INSUFFICIENT_FUNDS",
            |error| matches!(error, E::Declined(failure) if failure.code == "insufficient_funds"),
        );
        check(
            400,
            "REFUND_ERROR",
            "REFUND_AMOUNT_INVALID",
            |error| matches!(error, E::InvalidRequest(failure) if failure.code == "refund_amount_invalid"),
        );
    }

    #[test]
    fn the_page_of_a_proxy_leaves_the_outcome_unknown() {
        let answer = Answer { status: StatusCode::BAD_GATEWAY, body: b"<html>".to_vec() };
        assert!(provider_error(&answer).outcome_is_unknown());
    }
}
