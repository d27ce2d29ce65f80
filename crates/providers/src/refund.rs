//! A refund: money of a captured payment on its way back.

use kernel::{Money, PaymentId, RefundId};

use crate::Failure;

/// What to pay back, and of which payment. Repeat it unchanged under the same `refund_id`.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// Also the idempotency key, and what tells our refund from one made in the provider's dashboard.
    pub refund_id: RefundId,
    pub payment_id: PaymentId,
    pub provider_payment_id: String,
    /// Positive, at most what is left of the payment; more is [`crate::ProviderError::InvalidRequest`].
    pub amount: Money,
    pub reason: Option<RefundReason>,
    /// Of a payment that has settled with the company: what of our fee goes back with it. The rest comes from the company.
    pub application_fee: Option<Money>,
}

/// The reasons that providers know; the words a person wrote stay with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundReason {
    RequestedByCustomer,
    Duplicate,
    Fraudulent,
}

/// The refund at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundState {
    pub provider_refund_id: String,
    pub amount: Money,
    pub status: RefundStatus,
    pub failure: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// Accepted; the bank, or money on our side of the provider, is still awaited.
    Pending,
    /// On its way to the customer. May still become `Failed` (a closed card), days later.
    Succeeded,
    /// The money stays with us, or has come back.
    Failed,
}
