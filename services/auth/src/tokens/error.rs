//! Why no token is issued.

use problem::Problem;

use crate::keys::KeyError;

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("unknown service or wrong secret")]
    InvalidClient,
    #[error("this service may not call that one")]
    AudienceNotAllowed,
    #[error("there is no such open session")]
    NoSession,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::InvalidClient => {
                Self::unauthorized("invalid_client", "The service is unknown or its secret is wrong.")
            }
            TokenError::AudienceNotAllowed => {
                Self::forbidden("audience_not_allowed", "This service may not call that one.")
            }
            TokenError::NoSession => Self::not_found(),
            TokenError::Key(error) => error.into(),
            TokenError::Store(error) => error.into(),
        }
    }
}
