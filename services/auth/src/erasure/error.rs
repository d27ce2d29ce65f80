//! Why an account is not erased.

use problem::Problem;

use crate::{members::MemberError, passwords::PasswordError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error("there is no such account")]
    NotFound,
    #[error(transparent)]
    Session(#[from] SessionError),
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
            ErasureError::Session(error) => error.into(),
            ErasureError::Member(error) => error.into(),
            ErasureError::Password(error) => error.into(),
            ErasureError::Store(error) => error.into(),
        }
    }
}
