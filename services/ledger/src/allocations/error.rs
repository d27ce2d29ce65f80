//! What can be wrong with a fact about a booking's money. All of these park the event that tells it.

use commission::RateError;
use kernel::{IdError, MoneyError};

use crate::{
    accounts::model::CodeError,
    rules::{RuleError, SplitError},
    transfers::{DraftError, PostError},
};

#[derive(Debug, thiserror::Error)]
pub enum AllocationError {
    #[error("more was refunded than was paid")]
    RefundedTooMuch,
    #[error("more came back of the payment's refunds than had gone out")]
    ReturnedTooMuch,
    #[error("the booking took another amount than was paid")]
    OtherAmount,
    #[error("the amount is too large")]
    Overflow,
    /// A payment or booking was told of before with another company, currency or amount.
    #[error("this contradicts what is known of the same booking or payment")]
    Contradiction,
    #[error("the event lacks {0}")]
    Missing(&'static str),
    #[error("an id cannot be read: {0}")]
    Id(#[from] IdError),
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error("the commission is told wrongly: {0}")]
    Commission(#[from] RateError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<AllocationError> for events::HandlerError {
    fn from(error: AllocationError) -> Self {
        match error {
            AllocationError::Store(error) | AllocationError::Post(PostError::Store(error)) => Self::Store(error),
            error => Self::rejected(error),
        }
    }
}
