//! Why a password stays as it is.

use problem::Problem;

use super::PasswordError;
use crate::{one_time_tokens::OneTimeTokenError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    #[error(transparent)]
    Token(#[from] OneTimeTokenError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<PasswordChangeError> for Problem {
    fn from(error: PasswordChangeError) -> Self {
        match error {
            PasswordChangeError::Token(error) => error.into(),
            PasswordChangeError::Password(error) => error.into(),
            PasswordChangeError::Session(error) => error.into(),
            PasswordChangeError::Store(error) => error.into(),
        }
    }
}
