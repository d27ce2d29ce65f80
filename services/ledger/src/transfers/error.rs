//! What can go wrong when a transfer is posted.

use kernel::TransferId;
use problem::Problem;

use super::DraftError;

/// Why a draft was not posted; nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("transfer {0} has been posted with another content")]
    IdReused(TransferId),
    #[error("{0} would fall below its floor")]
    BelowFloor(String),
    #[error("the balance of {0} would leave the range of an amount")]
    Overflow(String),
    /// Never happens in [`super::Books`], which opens every account before it decides.
    #[error("{0} is not open")]
    UnknownAccount(String),
}

/// Why posting did not answer as wished.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Somebody else posted one of the ids with other accounts at the same instant. Rolled back; a repetition sees
    /// that transfer and is refused by name.
    #[error("a transfer id was taken while it was being posted")]
    Raced,
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The posting loop has ended or the database is away; nothing is known to have happened.
    #[error("the ledger gave no answer")]
    Unanswered,
}

impl From<diesel::result::Error> for PostError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Refused(Refusal::IdReused(_)) | PostError::Raced => {
                Self::conflict("transfer_id_reused", "This transfer id was used with another content.")
            }
            PostError::Refused(Refusal::BelowFloor(_)) => {
                Self::conflict("insufficient_funds", "The account does not hold enough.")
            }
            PostError::Refused(Refusal::Overflow(_)) | PostError::Draft(DraftError::Overflow) => {
                Self::invalid("amount_too_large", "The amount is too large.")
            }
            PostError::Draft(error) => Self::invalid("invalid_transfer", error.to_string()),
            PostError::Refused(Refusal::UnknownAccount(_)) => Self::internal(error),
            PostError::Store(error) => Self::from(error),
            PostError::Unanswered => Self::unavailable(error),
        }
    }
}
