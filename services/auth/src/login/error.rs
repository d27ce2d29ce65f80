//! Why a login is refused.

use problem::Problem;

use crate::{mfa::MfaError, passwords::PasswordError};

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Unknown, wrong or locked: nobody is told which.
    #[error("the email address or the password is wrong")]
    InvalidCredentials,
    #[error("the email address is not verified")]
    EmailNotVerified,
    #[error("a code of the second factor is needed")]
    MfaRequired,
    #[error("the code of the second factor is wrong or was used before")]
    InvalidCode,
    #[error("this account needs a second factor and has none")]
    MfaEnrolmentRequired,
    #[error(transparent)]
    Mfa(#[from] MfaError),
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
            LoginError::MfaRequired => {
                Self::unauthorized("mfa_required", "Send a code of your second factor as `totp`, too.")
            }
            LoginError::InvalidCode => Self::unauthorized("invalid_mfa_code", "The code is wrong, or was used before."),
            LoginError::MfaEnrolmentRequired => Self::forbidden(
                "mfa_enrolment_required",
                "This account needs a second factor. Enrol one at /api/auth/login/mfa/totp.",
            ),
            LoginError::Mfa(error) => error.into(),
            LoginError::Password(error) => error.into(),
            LoginError::Store(error) => error.into(),
        }
    }
}

/// The same of somebody who is signed in and stays so: 403, because their token is good.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReauthenticationError(#[from] LoginError);

impl From<store::Error> for ReauthenticationError {
    fn from(error: store::Error) -> Self {
        Self(error.into())
    }
}

impl From<ReauthenticationError> for Problem {
    fn from(ReauthenticationError(error): ReauthenticationError) -> Self {
        match error {
            LoginError::InvalidCredentials => Self::forbidden("wrong_password", "The password is wrong."),
            LoginError::MfaRequired => Self::forbidden("mfa_required", "Send a code of your second factor, too."),
            LoginError::InvalidCode => Self::forbidden("invalid_mfa_code", "The code is wrong, or was used before."),
            error => error.into(),
        }
    }
}
