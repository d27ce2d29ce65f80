//! What can go wrong with a second factor.

use problem::Problem;

use crate::{keys::KeyError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum MfaError {
    #[error("a second factor is enrolled already")]
    AlreadyEnabled,
    #[error("no second factor is enrolled")]
    NotEnabled,
    #[error("there is no enrolment to confirm")]
    NotStarted,
    #[error("the enrolment was not confirmed in time")]
    Expired,
    #[error("the code does not belong to the offered secret")]
    WrongCode,
    #[error("the second factor of this account is a passkey, and it was not used")]
    PasskeyFirst,
    #[error("a role on the platform needs a second factor")]
    Required,
    #[error("the second factor cannot be used")]
    Unusable(#[source] anyhow::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<MfaError> for Problem {
    fn from(error: MfaError) -> Self {
        match error {
            MfaError::AlreadyEnabled => {
                Self::conflict("mfa_already_enabled", "A second factor is enrolled. Disable it first.")
            }
            MfaError::NotEnabled => Self::conflict("mfa_not_enabled", "No second factor is enrolled."),
            MfaError::NotStarted => Self::conflict("mfa_enrolment_not_started", "Begin the enrolment first."),
            MfaError::Expired => Self::gone("mfa_enrolment_expired", "The enrolment has expired. Begin again."),
            MfaError::WrongCode => Self::invalid("invalid_mfa_code", "This is not a code of the offered secret.")
                .at("/totp", "not the present code"),
            MfaError::Required => {
                Self::forbidden("mfa_required_of_admins", "Your role on the platform needs a second factor.")
            }
            MfaError::PasskeyFirst => Self::forbidden(
                "sign_in_by_passkey",
                "This account has a passkey. Sign in by it, and enrol a device for codes then.",
            ),
            MfaError::Unusable(cause) => Self::internal(cause),
            MfaError::Key(error) => error.into(),
            MfaError::Session(error) => error.into(),
            MfaError::Store(error) => error.into(),
        }
    }
}
