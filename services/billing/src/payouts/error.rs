//! What can go wrong with a payout.

use kernel::PayoutId;
use problem::Problem;
use service_kit::{IdempotencyError, peers::PeerError};

use super::{amounts::Refusal, steps::StepError};

#[derive(Debug, thiserror::Error)]
pub enum PayoutError {
    /// Not there, or not the caller's.
    #[error("there is no such payout")]
    NotFound,
    /// There is no account, or its owner has not been through onboarding, or the provider has switched it off; or the company
    /// has named a receiver that nobody has confirmed.
    #[error("the company cannot be paid")]
    NotEnabled,
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("{0} is not a payout of this platform, or not that far yet")]
    Unknown(PayoutId),
    #[error("the ledger is out of reach: {0}")]
    Ledger(#[from] PeerError),
    #[error("{0}")]
    Step(#[from] StepError),
    #[error("{0}")]
    Idempotency(#[from] IdempotencyError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<PayoutError> for Problem {
    fn from(error: PayoutError) -> Self {
        match error {
            PayoutError::NotFound => Self::not_found(),
            PayoutError::NotEnabled => Self::conflict(
                "payouts_not_enabled",
                "The company cannot be paid yet. See GET /api/payments/stripe/account for what is missing, or confirm the \
                 address of GET /api/payments/paypal/receiver.",
            ),
            PayoutError::Refused(Refusal::OtherCurrency(currency)) => {
                let detail = format!("The company is paid in {currency}.");
                Self::invalid("currency_not_supported", detail.clone()).at("/amount/currency", detail)
            }
            PayoutError::Refused(Refusal::BelowMinimum(least)) => {
                let detail = format!("Less than {least} is not paid out.");
                Self::invalid("amount_too_small", detail.clone()).at("/amount/amount", detail)
            }
            PayoutError::Refused(Refusal::Insufficient(payable)) => {
                Self::conflict("insufficient_balance", format!("Only {payable} can be paid out."))
            }
            PayoutError::Ledger(error) => error.into(),
            PayoutError::Idempotency(error) => error.into(),
            PayoutError::Store(error) => error.into(),
            PayoutError::Unknown(_) | PayoutError::Step(_) => Self::internal(error),
        }
    }
}
