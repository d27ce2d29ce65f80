//! What can go wrong on the way to a verified account.

use problem::Problem;

use crate::{one_time_tokens::OneTimeTokenError, passwords::PasswordError};

#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Token(#[from] OneTimeTokenError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<RegistrationError> for Problem {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::Password(error) => error.into(),
            RegistrationError::Token(error) => error.into(),
            RegistrationError::Store(error) => error.into(),
        }
    }
}
