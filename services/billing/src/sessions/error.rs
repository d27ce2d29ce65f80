//! What can go wrong between a customer and the page to pay on.

use problem::Problem;
use providers::{Failure, ProviderError, ProviderName};
use service_kit::IdempotencyError;

use crate::{
    payables::PayableError,
    payment_methods::MethodError,
    payments::{PaymentError, error::provider_unavailable},
};

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("{0}")]
    Payable(#[from] PayableError),
    #[error("payments are switched off")]
    PaymentsOff,
    #[error("{0} is not enabled")]
    ProviderNotEnabled(ProviderName),
    /// The provider may or may not have opened it; the same call may be made again.
    #[error("the provider is out of reach: {0}")]
    ProviderUnavailable(#[source] ProviderError),
    /// The provider will not take this payment: it is recorded as failed.
    #[error("the provider refused the payment: {} ({})", .0.message, .0.code)]
    Refused(Failure),
    #[error("{0} is paid on its own page alone")]
    ElementsNotOffered(ProviderName),
    /// The payer has no such method.
    #[error("there is no such payment method")]
    UnknownMethod,
    /// The provider holds no money, or not by this method.
    #[error("money cannot be held so")]
    HoldsNotOffered,
    #[error("{0}")]
    Method(#[from] MethodError),
    #[error("{0}")]
    Payment(#[from] PaymentError),
    #[error("{0}")]
    Idempotency(#[from] IdempotencyError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Payable(error) => error.into(),
            SessionError::PaymentsOff => {
                Self::conflict("payments_not_enabled", "Payments are not enabled on this platform.")
            }
            SessionError::ProviderNotEnabled(name) => {
                let detail = format!("{name} is not enabled on this platform.");
                Self::invalid("provider_not_enabled", detail.clone()).at("/provider", detail)
            }
            SessionError::ProviderUnavailable(error) => provider_unavailable(error),
            SessionError::Refused(failure) => Self::invalid(
                "payment_refused",
                format!("The payment provider does not take this payment ({}).", failure.code),
            ),
            SessionError::ElementsNotOffered(name) => {
                let detail = format!("Customers of {name} pay on its own page. Name stripe, or leave `ui` out.");
                Self::invalid("elements_not_offered", detail.clone()).at("/ui", detail)
            }
            SessionError::UnknownMethod => {
                let detail = "This is not a saved payment method of yours.";
                Self::invalid("unknown_payment_method", detail).at("/payment_method_id", detail)
            }
            SessionError::HoldsNotOffered => Self::conflict(
                "authorization_not_offered",
                "Money is held on cards, at Stripe. Name that provider, or another payment method.",
            ),
            SessionError::Method(error) => error.into(),
            SessionError::Payment(error) => error.into(),
            SessionError::Idempotency(error) => error.into(),
            SessionError::Store(error) => error.into(),
        }
    }
}
