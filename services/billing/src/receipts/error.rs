//! What can go wrong when a receipt is asked for.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    #[error("there is no such receipt")]
    NotFound,
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<ReceiptError> for Problem {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::NotFound => Self::not_found(),
            ReceiptError::Store(error) => error.into(),
        }
    }
}
