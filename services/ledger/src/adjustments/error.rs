//! What can be wrong with a correction.

use problem::Problem;

use crate::transfers::{DraftError, PostError};

#[derive(Debug, thiserror::Error)]
pub enum AdjustmentError {
    #[error("there is no such adjustment")]
    NotFound,
    #[error("leg {0} names an account that is not in the chart")]
    UnknownAccount(usize),
    #[error("leg {0} has to have one of debit and credit")]
    OneSide(usize),
    #[error("an adjustment either reverses a transfer or has legs")]
    OneKind,
    #[error("there is no such posted transfer")]
    UnknownTransfer,
    #[error("the effective date is in the future")]
    Future,
    #[error("it has been decided before")]
    Decided,
    #[error("somebody else has to decide")]
    SecondPerson,
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<diesel::result::Error> for AdjustmentError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<AdjustmentError> for Problem {
    fn from(error: AdjustmentError) -> Self {
        let text = error.to_string();
        match error {
            AdjustmentError::NotFound => Self::not_found(),
            AdjustmentError::UnknownAccount(index) => {
                Self::invalid("unknown_account", "An account is not in the chart of accounts.")
                    .at(format!("/legs/{index}/account"), "not a code of the chart")
            }
            AdjustmentError::OneSide(index) => {
                Self::invalid("invalid_leg", "A leg has either a debit or a credit, above zero.")
                    .at(format!("/legs/{index}"), "one of debit and credit")
            }
            AdjustmentError::OneKind => {
                Self::invalid("invalid_adjustment", "Name either the transfer to take back or what moves.")
            }
            AdjustmentError::UnknownTransfer => {
                Self::invalid("unknown_transfer", "There is no such posted transfer to take back.")
                    .at("/reverses", "not a posted transfer")
            }
            AdjustmentError::Future => {
                Self::invalid("effective_in_future", "Nothing takes effect before it is recorded.")
                    .at("/effective_at", "in the future")
            }
            AdjustmentError::Decided => {
                Self::conflict("adjustment_decided", "This adjustment has been decided before.")
            }
            AdjustmentError::SecondPerson => {
                Self::forbidden("second_person_required", "Somebody else than who proposed it has to decide.")
            }
            AdjustmentError::Draft(_) => Self::invalid("invalid_transfer", format!("Not a transfer: {text}.")),
            AdjustmentError::Post(error) => Self::from(error),
            AdjustmentError::Store(error) => Self::from(error),
        }
    }
}
