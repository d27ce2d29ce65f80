//! What can go wrong with a payout.

use problem::Problem;

use crate::{
    rules::RuleError,
    transfers::{DraftError, PostError},
};

#[derive(Debug, thiserror::Error)]
pub enum PayoutError {
    #[error("the company does not have that much")]
    Insufficient,
    #[error("the amount is not above zero")]
    NoAmount,
    #[error("the id belongs to another payout")]
    Contradiction,
    #[error("the payout has not been paid out")]
    NotPaidOut,
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<diesel::result::Error> for PayoutError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<PayoutError> for Problem {
    fn from(error: PayoutError) -> Self {
        match error {
            PayoutError::Insufficient => Self::conflict("insufficient_balance", "The company does not have that much."),
            PayoutError::Contradiction => Self::conflict("id_reused", "This id was used with another content."),
            PayoutError::NotPaidOut => {
                Self::conflict("payout_not_paid_out", "What has not been paid out cannot come back.")
            }
            PayoutError::NoAmount => {
                Self::invalid("invalid_amount", "The amount is above zero.").at("/amount", "not above zero")
            }
            PayoutError::Post(error) => Self::from(error),
            PayoutError::Store(error) => Self::from(error),
            PayoutError::Rule(_) | PayoutError::Draft(_) => Self::internal(error),
        }
    }
}
