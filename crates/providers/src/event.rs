//! What providers tell us, in one vocabulary.
//!
//! Several events of a provider may tell the same fact (Stripe says three times that a payment succeeded), in any
//! order and more than once: a consumer moves forward only and keeps what it did not know yet.

use jiff::Timestamp;
use kernel::{Money, PaymentId, RefundId};

use crate::{AccountUpdated, DisputeUpdated, Failure, MethodSummary, PayoutUpdated, RefundStatus};

/// One fact about one of our payments, payouts or accounts, or nothing of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderEvent {
    PaymentSucceeded(PaymentSucceeded),
    PaymentProcessing(PaymentProcessing),
    PaymentFailed(PaymentFailed),
    SessionApproved(SessionApproved),
    SessionExpired(SessionExpired),
    RefundUpdated(RefundUpdated),
    DisputeUpdated(DisputeUpdated),
    AccountUpdated(AccountUpdated),
    PayoutUpdated(PayoutUpdated),
    /// A type we do not act on, or an object that is not ours (made in the provider's dashboard).
    Ignored {
        event_type: String,
    },
}

/// The provider holds the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSucceeded {
    pub session_id: Option<String>,
    pub payment_id: PaymentId,
    pub provider_payment_id: String,
    /// What was received.
    pub amount: Money,
    /// Not in every event that tells of success.
    pub method: Option<MethodSummary>,
    pub occurred_at: Timestamp,
}

/// The customer has done everything; the bank decides later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentProcessing {
    pub session_id: Option<String>,
    pub payment_id: PaymentId,
    pub provider_payment_id: String,
    pub occurred_at: Timestamp,
}

/// One attempt failed; the session may still be open for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFailed {
    pub session_id: Option<String>,
    pub payment_id: PaymentId,
    pub provider_payment_id: String,
    /// What was asked for.
    pub amount: Money,
    pub failure: Failure,
    pub occurred_at: Timestamp,
}

/// The customer has agreed, and the money waits to be taken ([`crate::PaymentProvider::complete_session`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionApproved {
    pub session_id: String,
    pub payment_id: PaymentId,
    pub occurred_at: Timestamp,
}

/// Nobody can pay in this session any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionExpired {
    pub session_id: String,
    pub payment_id: PaymentId,
    pub occurred_at: Timestamp,
}

/// A refund as of `occurred_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundUpdated {
    /// `None` for a refund made in the provider's dashboard.
    pub refund_id: Option<RefundId>,
    pub provider_payment_id: String,
    pub provider_refund_id: String,
    pub amount: Money,
    pub status: RefundStatus,
    pub failure: Option<Failure>,
    /// Of the event, not of the refund: two events about one refund are ordered by it, to the second.
    pub occurred_at: Timestamp,
}

/// A verified body that is not what the provider documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("not a readable event: {0}")]
    Malformed(String),
    /// The type is one we act on and a field it must have is missing or wrong.
    #[error("{event_type}: {detail}")]
    Incomplete { event_type: String, detail: String },
}
