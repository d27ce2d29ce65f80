//! Why an account is not erased.

use problem::Problem;

use crate::{members::MemberError, passwords::PasswordError};

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error("there is no such account")]
    NotFound,
    /// Or the account is locked: nobody is told which.
    #[error("the password is wrong")]
    WrongPassword,
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<ErasureError> for Problem {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::NotFound => Self::not_found(),
            ErasureError::WrongPassword => Self::forbidden("wrong_password", "The password is wrong."),
            ErasureError::Member(error) => error.into(),
            ErasureError::Password(error) => error.into(),
            ErasureError::Store(error) => error.into(),
        }
    }
}
