//! What can go wrong between us and a provider, sorted by what the caller does about it.

use crate::ProviderName;

/// A reason given by the provider, for people and for support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable and bare: `insufficient_funds`. The most exact one the provider gave.
    pub code: String,
    /// May be shown to the customer.
    pub message: String,
}

/// Why a call has no answer. No variant carries a secret, a card number or a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("{0} is not configured")]
    NotConfigured(ProviderName),
    /// The connection failed or broke. The call may have been carried out.
    #[error("the provider could not be reached: {0}")]
    Unreachable(String),
    /// No answer in time. The call may have been carried out.
    #[error("the provider did not answer in time")]
    Timeout,
    /// The provider failed (5xx), or answered what we cannot read. The call may have been carried out.
    #[error("the provider answered with an error of its own: {0}")]
    Unavailable(String),
    /// Not carried out: ask again later.
    #[error("the provider limits our rate")]
    RateLimited,
    /// Not carried out: the bank or the network said no.
    #[error("declined: {} ({})", .0.message, .0.code)]
    Declined(Failure),
    /// Not carried out: the request breaks one of the provider's rules (`charge_already_refunded`, `amount_too_small`).
    #[error("the provider refused the request: {} ({})", .0.message, .0.code)]
    InvalidRequest(Failure),
    /// Not carried out: the provider knows no such object.
    #[error("not known to the provider: {0}")]
    NotFound(String),
    /// Not carried out *by this call*: another call with the same idempotency key is under way. Ask again soon.
    #[error("another call with the same idempotency key is under way")]
    Conflict,
    /// Not carried out: the idempotency key belongs to another request. A bug of the caller; never retried.
    #[error("the idempotency key was used for another request: {0}")]
    KeyReused(String),
    /// Not carried out: the key is wrong, revoked, or may not do this.
    #[error("the provider refused our credentials")]
    Unauthorized,
}

/// The providers' words for it. A customer's bank says the second one, too, but then it is a [`ProviderError::Declined`].
const LACKS_OF_BALANCE: [&str; 2] = ["balance_insufficient", "insufficient_funds"];

impl ProviderError {
    /// The same call may be made again, with the same idempotency key, and may then succeed.
    pub fn is_retryable(&self) -> bool {
        self.outcome_is_unknown() || matches!(self, Self::RateLimited | Self::Conflict)
    }

    /// Our own balance there does not suffice: it will, once customers have paid more in.
    pub fn is_lack_of_balance(&self) -> bool {
        matches!(self, Self::InvalidRequest(failure) if LACKS_OF_BALANCE.contains(&failure.code.as_str()))
    }

    /// The provider may have done it: leave the intent open, and repeat the call or ask for the state.
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Timeout | Self::Unavailable(_))
    }
}
