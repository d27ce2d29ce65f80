//! Why an address stays as it is.

use problem::Problem;

use crate::{one_time_tokens::OneTimeTokenError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum EmailChangeError {
    #[error("the account has this address already")]
    Unchanged,
    /// Only whoever has followed the links of both mailboxes is told.
    #[error("the new address was given to another account meanwhile")]
    Taken,
    #[error(transparent)]
    Token(#[from] OneTimeTokenError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<EmailChangeError> for Problem {
    fn from(error: EmailChangeError) -> Self {
        match error {
            EmailChangeError::Unchanged => Self::invalid("email_unchanged", "This is the address you have.")
                .at("/email", "the address of this account"),
            EmailChangeError::Taken => Self::conflict("email_taken", "This address belongs to another account by now."),
            EmailChangeError::Token(error) => error.into(),
            EmailChangeError::Session(error) => error.into(),
            EmailChangeError::Store(error) => error.into(),
        }
    }
}
