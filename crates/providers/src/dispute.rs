//! A dispute: the customer asks their bank or the provider for the money back.

use jiff::Timestamp;
use kernel::Money;

/// A dispute as of `occurred_at`. Several events tell of one, in any order and more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeUpdated {
    pub provider_dispute_id: String,
    pub provider_payment_id: String,
    /// What the customer wants back: at most the payment.
    pub amount: Money,
    /// What the provider charges for it, where the event tells.
    pub fee: Option<Money>,
    pub status: DisputeStatus,
    /// The provider's word in lower case: `fraudulent`, `product_not_received`.
    pub reason: String,
    /// Until when evidence is taken, while it is.
    pub evidence_due_at: Option<Timestamp>,
    pub occurred_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeStatus {
    /// We have to answer, or lose.
    NeedsResponse,
    /// Somebody else decides.
    UnderReview,
    /// The money stays with us.
    Won,
    /// The money is the customer's.
    Lost,
}
