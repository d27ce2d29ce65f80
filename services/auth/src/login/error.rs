//! Why a login is refused.

use problem::Problem;

use crate::passwords::PasswordError;

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Unknown, wrong or locked: nobody is told which.
    #[error("the email address or the password is wrong")]
    InvalidCredentials,
    #[error("the email address is not verified")]
    EmailNotVerified,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => {
                Self::unauthorized("invalid_credentials", "The email address or the password is wrong.")
            }
            LoginError::EmailNotVerified => {
                Self::forbidden("email_not_verified", "Follow the link we have mailed to you first.")
            }
            LoginError::Password(error) => error.into(),
            LoginError::Store(error) => error.into(),
        }
    }
}
