//! Why a one-time token does not work.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum OneTimeTokenError {
    #[error("there is no such token")]
    Unknown,
    #[error("the token was used")]
    Used,
    #[error("the token has expired")]
    Expired,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<OneTimeTokenError> for Problem {
    fn from(error: OneTimeTokenError) -> Self {
        match error {
            OneTimeTokenError::Unknown => {
                Self::invalid("one_time_token_invalid", "This link is not valid.").at("/token", "not a valid token")
            }
            OneTimeTokenError::Used => Self::gone("one_time_token_used", "This link has been used."),
            OneTimeTokenError::Expired => Self::gone("one_time_token_expired", "This link has expired."),
            OneTimeTokenError::Store(error) => error.into(),
        }
    }
}
