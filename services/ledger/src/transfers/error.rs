//! What can go wrong when a transfer is posted.

use jiff::Timestamp;
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
    #[error("there is no hold {0}")]
    HoldUnknown(TransferId),
    #[error("hold {0} has been captured, voided or has expired")]
    HoldClosed(TransferId),
    #[error("the time of the hold is over")]
    HoldExpired,
    #[error("the time of the hold is not over yet")]
    HoldNotOver,
    #[error("more would be captured on {0} than is held there")]
    ExceedsHold(String),
    #[error("everything before {0} is closed")]
    PeriodClosed(Timestamp),
    #[error("there is no such transfer to take back")]
    ReversesUnknown,
    #[error("the transfer has been taken back before")]
    AlreadyReversed,
}

/// Why posting did not answer as wished.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Somebody else posted one of the ids, or closed one of the holds, at the same instant. Rolled back; a repetition
    /// sees what they did and is answered by name.
    #[error("a transfer was taken while it was being posted")]
    Raced,
    #[error(transparent)]
    Store(store::Error),
    /// The posting loop has ended or the database is away; nothing is known to have happened.
    #[error("the ledger gave no answer")]
    Unanswered,
}

impl From<store::Error> for PostError {
    fn from(error: store::Error) -> Self {
        match error.violated_constraint() {
            Some("transfers_pkey" | "transfers_hold_closed_once") => Self::Raced,
            Some("transfers_reverses") => Self::Refused(Refusal::ReversesUnknown),
            Some("transfers_reversed_once") => Self::Refused(Refusal::AlreadyReversed),
            _ => Self::Store(error),
        }
    }
}

impl From<diesel::result::Error> for PostError {
    fn from(error: diesel::result::Error) -> Self {
        store::Error::from(error).into()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::IdReused(_) => {
                Self::conflict("transfer_id_reused", "This transfer id was used with another content.")
            }
            Refusal::BelowFloor(_) => Self::conflict("insufficient_funds", "The account does not hold enough."),
            Refusal::Overflow(_) => Self::invalid("amount_too_large", "The amount is too large."),
            Refusal::HoldUnknown(_) => Self::not_found(),
            Refusal::HoldClosed(_) => Self::conflict("hold_closed", "The hold was captured, voided or has expired."),
            Refusal::HoldExpired => Self::gone("hold_expired", "The time of the hold is over."),
            Refusal::HoldNotOver => Self::conflict("hold_not_over", "The time of the hold is not over yet."),
            Refusal::ExceedsHold(_) => Self::conflict("exceeds_hold", "More would be captured than is held."),
            Refusal::PeriodClosed(_) => {
                Self::conflict("period_closed", "The accounting period of this date is closed.")
            }
            Refusal::ReversesUnknown => Self::invalid("unknown_transfer", "There is no such transfer to take back."),
            Refusal::AlreadyReversed => Self::conflict("already_reversed", "The transfer has been taken back before."),
            Refusal::UnknownAccount(_) => Self::internal(refusal),
        }
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Refused(refusal) => Self::from(refusal),
            PostError::Raced => Self::conflict("transfer_id_reused", "This transfer id was used with another content."),
            PostError::Draft(DraftError::Overflow) => Self::invalid("amount_too_large", "The amount is too large."),
            PostError::Draft(error) => Self::invalid("invalid_transfer", error.to_string()),
            PostError::Store(error) => Self::from(error),
            PostError::Unanswered => Self::unavailable(error),
        }
    }
}
