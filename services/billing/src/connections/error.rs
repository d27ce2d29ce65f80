//! What can go wrong while a company connects its account.

use problem::Problem;
use providers::{ProviderError, VaultError};

use crate::payments::error::provider_unavailable;

#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("companies cannot connect accounts on this platform")]
    NotOffered,
    /// Not ours, used, or older than ten minutes.
    #[error("nobody was sent to the provider with this state")]
    UnknownState,
    #[error("the person did not agree, or the provider did not: {0}")]
    Refused(String),
    #[error("there is no connection")]
    NotFound,
    #[error("the provider is out of reach: {0}")]
    Provider(#[source] ProviderError),
    #[error("{0}")]
    Vault(#[from] VaultError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<diesel::result::Error> for ConnectionError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ProviderError> for ConnectionError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::InvalidRequest(failure) | ProviderError::Declined(failure) => Self::Refused(failure.code),
            ProviderError::Unauthorized => Self::Refused("unauthorized".to_owned()),
            other => Self::Provider(other),
        }
    }
}

impl From<ConnectionError> for Problem {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::NotOffered => {
                Self::conflict("connections_not_enabled", "Companies cannot connect an account of their own here.")
            }
            ConnectionError::UnknownState => {
                Self::bad_request("invalid_state", "This connection was not begun here, or was ended. Begin it again.")
            }
            ConnectionError::Refused(_) => {
                Self::conflict("connection_refused", "The account was not connected. Begin again to try once more.")
            }
            ConnectionError::NotFound => Self::not_found(),
            ConnectionError::Provider(error) => provider_unavailable(error),
            ConnectionError::Vault(error) => Self::internal(error),
            ConnectionError::Store(error) => error.into(),
        }
    }
}
