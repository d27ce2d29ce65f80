//! What can go wrong with an event of a provider.

use problem::Problem;
use providers::{ConfigError, WebhookError};

#[derive(Debug, thiserror::Error)]
pub enum ReceivedError {
    #[error("this provider may not call")]
    UnknownProvider,
    #[error("the signature is refused: {0}")]
    InvalidSignature(#[from] WebhookError),
    #[error("the providers cannot be used: {0}")]
    Config(#[from] ConfigError),
    #[error("there is no such event")]
    NotFound,
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<diesel::result::Error> for ReceivedError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ReceivedError> for Problem {
    fn from(error: ReceivedError) -> Self {
        match error {
            ReceivedError::UnknownProvider | ReceivedError::NotFound => Self::not_found(),
            // The provider delivers it again.
            error @ ReceivedError::InvalidSignature(WebhookError::CertificateUnavailable) => Self::unavailable(error),
            ReceivedError::Config(error) => Self::internal(error),
            // Why a signature is refused is for our log: a forger learns nothing from the answer.
            ReceivedError::InvalidSignature(_) => {
                Self::bad_request("invalid_signature", "The signature of this event is not valid.")
            }
            ReceivedError::Store(error) => Self::from(error),
        }
    }
}
