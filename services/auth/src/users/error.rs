//! What can go wrong with an account.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no such user")]
    NotFound,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::NotFound => Self::not_found(),
            UserError::Store(error) => error.into(),
        }
    }
}
