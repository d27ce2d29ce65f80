//! Stripe's errors (<https://docs.stripe.com/api/errors>) in our classes.

use stripe::{ApiErrors, ApiErrorsType, StripeError};

use crate::{Failure, ProviderError};

pub fn provider_error(error: StripeError) -> ProviderError {
    match error {
        StripeError::Stripe(error, status) => api_error(&error, status),
        StripeError::Timeout => ProviderError::Timeout,
        StripeError::ClientError(detail) => ProviderError::Unreachable(detail),
        // Also the error page of a proxy in between: nobody knows what was done.
        StripeError::JSONDeserialize(detail) => ProviderError::Unavailable(detail),
        StripeError::ConfigError(_) => ProviderError::Unauthorized,
    }
}

fn api_error(error: &ApiErrors, status: u16) -> ProviderError {
    match (status, &error.type_) {
        (_, ApiErrorsType::CardError) => ProviderError::Declined(failure(error)),
        (_, ApiErrorsType::IdempotencyError) if status != 409 => ProviderError::KeyReused(message(error)),
        (401 | 403, _) => ProviderError::Unauthorized,
        (404, _) => ProviderError::NotFound(message(error)),
        (409, _) => ProviderError::Conflict,
        (429, _) => ProviderError::RateLimited,
        (500.., _) => ProviderError::Unavailable(message(error)),
        _ if is_code(error, "resource_missing") => ProviderError::NotFound(message(error)),
        _ => ProviderError::InvalidRequest(failure(error)),
    }
}

/// The issuer's reason where there is one, because `card_declined` says nothing to a customer.
pub fn failure(error: &ApiErrors) -> Failure {
    let code = error.code.as_ref().map(|code| code.as_str().to_owned());
    let code = error.decline_code.clone().or(code).unwrap_or_else(|| error.type_.as_str().to_owned());
    Failure { code, message: message(error) }
}

fn is_code(error: &ApiErrors, wanted: &str) -> bool {
    error.code.as_ref().is_some_and(|code| code.as_str() == wanted)
}

fn message(error: &ApiErrors) -> String {
    error.message.clone().unwrap_or_else(|| "No reason was given.".to_owned())
}
