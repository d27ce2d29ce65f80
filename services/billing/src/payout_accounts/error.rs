//! What can go wrong with a company's account.

use problem::Problem;
use providers::{Failure, ProviderError};
use service_kit::peers::PeerError;

use crate::payments::error::provider_unavailable;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("companies are not paid out on this platform")]
    NotOffered,
    #[error("the company has no account")]
    NotFound,
    /// The provider will not make it, or will not do this with it.
    #[error("the provider refused: {} ({})", .0.message, .0.code)]
    Refused(Failure),
    /// The company is not known to auth.
    #[error("there is no such company")]
    UnknownCompany,
    /// Told of a company that has none, or another one.
    #[error("{0} is not the account of that company")]
    NotOurs(String),
    #[error("the provider is out of reach: {0}")]
    Provider(#[source] ProviderError),
    #[error("auth is out of reach: {0}")]
    Auth(#[from] PeerError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<ProviderError> for AccountError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::InvalidRequest(failure) | ProviderError::Declined(failure) => Self::Refused(failure),
            ProviderError::NotConfigured(_) => Self::NotOffered,
            other => Self::Provider(other),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotOffered => {
                Self::conflict("payouts_not_offered", "Companies are not paid out through Stripe on this platform.")
            }
            AccountError::NotFound => Self::conflict(
                "no_payout_account",
                "The company has no account yet. POST /api/payments/stripe/account makes it.",
            ),
            AccountError::Refused(failure) => {
                let detail = format!("The payment provider does not do this ({}).", failure.code);
                Self::invalid("account_refused", detail)
            }
            AccountError::UnknownCompany => Self::not_found(),
            AccountError::Provider(error) => provider_unavailable(error),
            AccountError::Auth(error) => error.into(),
            AccountError::Store(error) => error.into(),
            AccountError::NotOurs(_) => Self::internal(error),
        }
    }
}
