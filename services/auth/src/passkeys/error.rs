//! Why a ceremony fails.

use problem::Problem;

use crate::sessions::SessionError;

#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    #[error("there is no such passkey")]
    NotFound,
    #[error("the challenge is unknown, answered or over")]
    CeremonyOver,
    #[error("the device's answer does not register a passkey: {0}")]
    Unacceptable(String),
    #[error("this credential is registered already")]
    Exists,
    #[error("the account has as many passkeys as it may")]
    TooMany,
    /// Unknown, not ours, wrongly signed or copied: nobody is told which.
    #[error("the passkey does not sign in: {0}")]
    Refused(String),
    #[error("a ceremony cannot be kept")]
    Unusable(#[source] anyhow::Error),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<PasskeyError> for Problem {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::NotFound => Self::not_found(),
            PasskeyError::CeremonyOver => {
                Self::gone("passkey_ceremony_over", "This challenge was answered or has expired. Begin again.")
            }
            PasskeyError::Unacceptable(_) => {
                Self::invalid("passkey_not_accepted", "The device's answer does not register a passkey here.")
                    .at("/credential", "not an answer to this challenge")
            }
            PasskeyError::Exists => Self::conflict("passkey_exists", "This passkey is registered already."),
            PasskeyError::TooMany => {
                Self::conflict("too_many_passkeys", "Remove a passkey before you register another.")
            }
            PasskeyError::Refused(_) => Self::unauthorized("invalid_passkey", "This passkey does not sign in here."),
            PasskeyError::Unusable(cause) => Self::internal(cause),
            PasskeyError::Session(error) => error.into(),
            PasskeyError::Store(error) => error.into(),
        }
    }
}
