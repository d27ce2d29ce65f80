//! What can go wrong with a payment.

use kernel::PaymentId;
use problem::Problem;
use providers::ProviderError;

use super::model::WrongMoney;
use crate::{refunds::RefundError, sessions::SessionError};

#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// Not there, or not the caller's.
    #[error("there is no such payment")]
    NotFound,
    /// A provider or another service names a payment that was never recorded here.
    #[error("{0} is not a payment of this platform")]
    Unknown(PaymentId),
    #[error("{0}")]
    WrongMoney(#[from] WrongMoney),
    #[error("the provider cannot be asked: {0}")]
    Provider(#[from] ProviderError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl PaymentError {
    /// What went wrong with a refund of a payment that is being asked about.
    pub fn from_refund(error: RefundError) -> Self {
        match error {
            RefundError::Store(error) => Self::Store(error),
            RefundError::Provider(error) => Self::Provider(error),
            // Of asking for a refund, which nobody does here.
            other => Self::Provider(ProviderError::Unavailable(other.to_string())),
        }
    }

    /// What went wrong with the session of a payment that is being asked about.
    pub fn from_session(error: SessionError) -> Self {
        match error {
            SessionError::ProviderUnavailable(error) => Self::Provider(error),
            SessionError::Payment(error) => error,
            SessionError::Store(error) => Self::Store(error),
            SessionError::Refused(failure) => Self::Provider(ProviderError::InvalidRequest(failure)),
            // Of opening a session, which nobody does here.
            other => Self::Provider(ProviderError::Unavailable(other.to_string())),
        }
    }
}

impl From<PaymentError> for Problem {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::NotFound => Self::not_found(),
            PaymentError::Provider(error) => provider_unavailable(error),
            PaymentError::Store(error) => error.into(),
            PaymentError::Unknown(_) | PaymentError::WrongMoney(_) => Self::internal(error),
        }
    }
}

/// 503: the provider is out of reach, or we are to it; the same request may be sent again.
pub fn provider_unavailable(error: ProviderError) -> Problem {
    Problem::unavailable(error).retry_after(5)
}
