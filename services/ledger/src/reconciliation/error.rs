//! What can go wrong when a provider's word is taken.

use problem::Problem;

use crate::{
    rules::RuleError,
    transfers::{DraftError, PostError},
};

#[derive(Debug, thiserror::Error)]
pub enum ReconciliationError {
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<ReconciliationError> for Problem {
    fn from(error: ReconciliationError) -> Self {
        match error {
            ReconciliationError::Post(error) => Self::from(error),
            ReconciliationError::Draft(error) => Self::from(PostError::from(error)),
            ReconciliationError::Store(error) => Self::from(error),
            ReconciliationError::Rule(_) => Self::internal(error),
        }
    }
}
