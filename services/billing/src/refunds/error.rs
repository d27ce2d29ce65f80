//! What can go wrong with a refund.

use commission::SplitError;
use kernel::{PaymentId, RefundId};
use problem::Problem;
use providers::ProviderError;
use service_kit::IdempotencyError;

use crate::payments::model::ExceedsPayment;

#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// Not there, or not the caller's.
    #[error("there is no such payment")]
    NotFound,
    #[error("{0}")]
    ExceedsPayment(#[from] ExceedsPayment),
    /// Another service sends money of a payment back that we have not received.
    #[error("{0} has not been captured here")]
    NotCaptured(PaymentId),
    #[error("{0} is not a refund of this platform")]
    Unknown(RefundId),
    #[error("the fee cannot be reckoned: {0}")]
    Fee(#[from] SplitError),
    #[error("the provider cannot be asked: {0}")]
    Provider(#[from] ProviderError),
    #[error("{0}")]
    Idempotency(#[from] IdempotencyError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NotFound => Self::not_found(),
            RefundError::ExceedsPayment(ExceedsPayment { left }) => {
                Self::conflict("refund_exceeds_payment", format!("Only {left} of this payment can still be refunded."))
            }
            RefundError::Idempotency(error) => error.into(),
            RefundError::Store(error) => error.into(),
            RefundError::NotCaptured(_) | RefundError::Unknown(_) | RefundError::Fee(_) | RefundError::Provider(_) => {
                Self::internal(error)
            }
        }
    }
}
