//! PayPal's errors (<https://developer.paypal.com/api/rest/responses/>) in our classes.

use serde::Deserialize;

use crate::{Failure, ProviderError, http::Answer};

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorObject {
    name: String,
    message: String,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    issue: String,
    description: Option<String>,
}

/// Issues by which PayPal, the bank or the customer's account said no to this payment; another way to pay may do.
const DECLINES: [&str; 14] = [
    "CARD_EXPIRED",
    "COMPLIANCE_VIOLATION",
    "INSTRUMENT_DECLINED",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    "PAYEE_BLOCKED_TRANSACTION",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED",
    "PAYER_CANNOT_PAY",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
    "REFERENCED_CARD_EXPIRED",
    "TRANSACTION_BLOCKED_BY_PAYEE",
    "TRANSACTION_LIMIT_EXCEEDED",
    "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",
    "TRANSACTION_REFUSED",
];

pub fn provider_error(answer: &Answer) -> ProviderError {
    let error: ErrorObject = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let failure = failure(&error);
    let issue = failure.code.to_ascii_uppercase();
    match status {
        _ if DECLINES.contains(&issue.as_str()) => ProviderError::Declined(failure),
        _ if issue == "DUPLICATE_REQUEST_ID" => ProviderError::KeyReused(failure.message),
        401 | 403 => ProviderError::Unauthorized,
        404 => ProviderError::NotFound(failure.message),
        409 => ProviderError::Conflict,
        422 if issue == "ORDER_COMPLETION_IN_PROGRESS" => ProviderError::Conflict,
        429 => ProviderError::RateLimited,
        400..=499 => ProviderError::InvalidRequest(failure),
        _ => ProviderError::Unavailable(format!("status {status}: {}", failure.code)),
    }
}

/// The most exact reason: that of the first detail, else that of the whole. The older APIs write a sentence where the newer
/// ones have a code.
fn failure(error: &ErrorObject) -> Failure {
    let detail = error.details.first();
    let issue = detail.map(|detail| detail.issue.as_str()).filter(|issue| !issue.is_empty());
    let (code, sentence) = if issue.is_some_and(|issue| issue.contains(' ')) { (None, issue) } else { (issue, None) };
    let code = code.unwrap_or(if error.name.is_empty() { "unexplained" } else { &error.name });
    let described = detail.and_then(|detail| detail.description.clone()).or_else(|| sentence.map(str::to_owned));
    let message = described.unwrap_or_else(|| error.message.clone());
    let message = if message.is_empty() { "No reason was given.".to_owned() } else { message };
    Failure { code: code.to_ascii_lowercase(), message }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(status: u16, issue: &str, expected: impl Fn(&ProviderError) -> bool) {
        let body = json!({"name": "SOME_NAME", "message": "m", "details": [{"issue": issue, "description": "Why."}]});
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), body: body.to_string().into_bytes() };
        let error = provider_error(&answer);
        assert!(expected(&error), "{status} {issue}: {error:?}");
    }

    #[test]
    fn errors_are_sorted_by_what_is_done_about_them() {
        use ProviderError as E;
        check(
            422,
            "INSTRUMENT_DECLINED",
            |error| matches!(error, E::Declined(failure) if failure.code == "instrument_declined"),
        );
        check(422, "ORDER_ALREADY_CAPTURED", |error| matches!(error, E::InvalidRequest(_)));
        check(422, "DUPLICATE_REQUEST_ID", |error| matches!(error, E::KeyReused(_)));
        check(422, "ORDER_COMPLETION_IN_PROGRESS", |error| *error == E::Conflict);
        check(404, "INVALID_RESOURCE_ID", |error| matches!(error, E::NotFound(_)));
        check(401, "", |error| *error == E::Unauthorized);
        check(429, "", |error| *error == E::RateLimited);
        check(500, "", E::outcome_is_unknown);
        check(503, "INSTRUMENT_DECLINED", |error| matches!(error, E::Declined(_)));
    }

    #[test]
    fn a_reason_that_is_a_sentence_is_no_code() {
        let issue = "Receiver is invalid or does not match with type";
        let body =
            json!({"name": "VALIDATION_ERROR", "message": "m", "details": [{"field": "items[0]", "issue": issue}]});
        let answer = Answer { status: StatusCode::BAD_REQUEST, body: body.to_string().into_bytes() };
        let expected = Failure { code: "validation_error".to_owned(), message: issue.to_owned() };
        assert_eq!(provider_error(&answer), ProviderError::InvalidRequest(expected));
    }

    #[test]
    fn the_page_of_a_proxy_leaves_the_outcome_unknown() {
        let answer = Answer { status: StatusCode::GATEWAY_TIMEOUT, body: b"<html>".to_vec() };
        assert!(provider_error(&answer).outcome_is_unknown());
    }
}
