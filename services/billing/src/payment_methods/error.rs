//! What can go wrong with saved methods.

use problem::Problem;
use providers::{Failure, ProviderError, VaultError};

use crate::payments::error::provider_unavailable;

#[derive(Debug, thiserror::Error)]
pub enum MethodError {
    /// Not there, not the caller's, or removed.
    #[error("there is no such payment method")]
    NotFound,
    #[error("methods cannot be saved on this platform")]
    NotOffered,
    /// As many as a person may have are saved, or about to be.
    #[error("no more payment methods can be saved")]
    TooMany,
    #[error("the provider refused: {} ({})", .0.message, .0.code)]
    Refused(Failure),
    /// The company wants to charge somebody who has no method, or none that it may charge.
    #[error("the customer has not agreed to be charged")]
    NoConsent,
    #[error("the provider is out of reach: {0}")]
    Provider(#[source] ProviderError),
    #[error("a token: {0}")]
    Vault(#[from] VaultError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<ProviderError> for MethodError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::InvalidRequest(failure) | ProviderError::Declined(failure) => Self::Refused(failure),
            ProviderError::NotFound(message) => Self::Refused(Failure { code: "resource_missing".to_owned(), message }),
            ProviderError::NotConfigured(_) => Self::NotOffered,
            other => Self::Provider(other),
        }
    }
}

impl From<MethodError> for Problem {
    fn from(error: MethodError) -> Self {
        match error {
            MethodError::NotFound => Self::not_found(),
            MethodError::NotOffered => {
                Self::conflict("payment_methods_not_offered", "Payment methods cannot be saved on this platform.")
            }
            MethodError::TooMany => Self::conflict(
                "too_many_payment_methods",
                "No more payment methods can be saved. Remove one, or finish what was begun.",
            ),
            MethodError::Refused(failure) => {
                let detail = format!("The payment provider does not do this ({}).", failure.code);
                Self::invalid("payment_method_refused", detail)
            }
            MethodError::NoConsent => Self::conflict(
                "no_consent",
                "The customer has no saved payment method that may be charged without them.",
            ),
            MethodError::Provider(error) => provider_unavailable(error),
            MethodError::Store(error) => error.into(),
            MethodError::Vault(_) => Self::internal(error),
        }
    }
}
