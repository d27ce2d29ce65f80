//! What can go wrong with a dispute.

use kernel::Money;
use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum DisputeError {
    #[error("there is no such dispute")]
    NotFound,
    /// The payment may be told of later; one that never is belongs to something else in the same account.
    #[error("a dispute about {0}, which is no payment of this platform")]
    UnknownPayment(String),
    #[error("a dispute of {disputed} about a payment of {paid}")]
    WrongMoney { disputed: Money, paid: Money },
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<DisputeError> for Problem {
    fn from(error: DisputeError) -> Self {
        match error {
            DisputeError::NotFound => Self::not_found(),
            DisputeError::Store(error) => error.into(),
            error => Self::internal(error),
        }
    }
}
