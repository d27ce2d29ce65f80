//! What can go wrong with credits.

use problem::Problem;

use crate::{
    rules::RuleError,
    transfers::{DraftError, PostError},
};

#[derive(Debug, thiserror::Error)]
pub enum CreditError {
    #[error("there are not enough credits")]
    Insufficient,
    #[error("the amount is not above zero")]
    NoAmount,
    #[error("they would expire before they are granted")]
    ExpiredGrant,
    #[error("there is no such spend")]
    UnknownSpend,
    /// The same id was told of before with another content.
    #[error("the id was used with another content")]
    Contradiction,
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<diesel::result::Error> for CreditError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<CreditError> for Problem {
    fn from(error: CreditError) -> Self {
        match error {
            CreditError::Insufficient => Self::conflict("insufficient_credits", "There are not enough credits."),
            CreditError::NoAmount => {
                Self::invalid("invalid_amount", "The amount is above zero.").at("/amount", "not above zero")
            }
            CreditError::ExpiredGrant => Self::invalid("invalid_expiry", "Credits expire after they are granted.")
                .at("/expires_at", "not later than now"),
            CreditError::UnknownSpend => Self::not_found(),
            CreditError::Contradiction => Self::conflict("id_reused", "This id was used with another content."),
            CreditError::Post(error) => Self::from(error),
            CreditError::Store(error) => Self::from(error),
            CreditError::Rule(_) | CreditError::Draft(_) => Self::internal(error),
        }
    }
}
