//! Why an account is not erased.

use problem::Problem;

use crate::{members::MemberError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<ErasureError> for Problem {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::Session(error) => error.into(),
            ErasureError::Member(error) => error.into(),
            ErasureError::Store(error) => error.into(),
        }
    }
}
