//! What can go wrong with an API key.

use problem::Problem;

use crate::{keys::KeyError, members::MemberError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("there is no such key")]
    NotFound,
    #[error("the owner has too many keys already")]
    TooMany,
    #[error("a key cannot expire before it is made")]
    ExpiryPassed,
    /// Unknown, revoked or expired: nobody is told which.
    #[error("the key is not valid")]
    Invalid,
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Signing(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::NotFound => Self::not_found(),
            ApiKeyError::TooMany => {
                Self::conflict("too_many_api_keys", "Revoke a key that is not needed any more first.")
            }
            ApiKeyError::ExpiryPassed => Self::invalid("validation_failed", "The request has invalid values.")
                .at("/expires_at", "not in the future"),
            ApiKeyError::Invalid => Self::unauthorized("invalid_api_key", "The API key is not valid."),
            ApiKeyError::Member(error) => error.into(),
            ApiKeyError::Session(error) => error.into(),
            ApiKeyError::Signing(error) => error.into(),
            ApiKeyError::Store(error) => error.into(),
        }
    }
}
