//! A refund, and how a cancellation's refund is spread over several payments.

use jiff::Timestamp;
use kernel::{Money, PaymentId, RefundId, UserId};
use providers::{Failure, RefundReason, RefundRequest, RefundState, RefundStatus as ProviderStatus};

use crate::{payments::Payment, questions::next_question, stored::text_enum};

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum RefundStatus {
        Pending = "pending",
        Succeeded = "succeeded",
        Failed = "failed",
    }
}

text_enum! {
    /// Why money goes back.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum RefundCause {
        /// The booking was cancelled and its policy gives something back.
        Cancellation = "cancellation",
        /// The booking was moved to a time that costs less than what was paid.
        Reschedule = "reschedule",
        /// The booking could not use the payment.
        Orphan = "orphan",
        /// Somebody of the company, or of the platform, decided so.
        Requested = "requested",
        /// It was made in the provider's dashboard.
        Provider = "provider",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub status: RefundStatus,
    pub amount: Money,
    pub cause: RefundCause,
    pub note: Option<String>,
    pub requested_by: Option<UserId>,
    pub unique_key: Option<String>,
    pub provider_refund_id: Option<String>,
    pub failure: Option<Failure>,
    /// When the provider is asked next about a refund that it has accepted.
    pub check_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// What of the platform's fee goes back with it; `None` where the platform held the payment's money.
    pub application_fee: Option<Money>,
}

/// What is decided about a new refund.
#[derive(Debug, Clone)]
pub struct NewRefund {
    pub amount: Money,
    pub cause: RefundCause,
    pub note: Option<String>,
    pub requested_by: Option<UserId>,
    pub unique_key: Option<String>,
}

impl NewRefund {
    /// Made in the provider's dashboard.
    pub fn of_provider(amount: Money) -> Self {
        Self { amount, cause: RefundCause::Provider, note: None, requested_by: None, unique_key: None }
    }
}

/// What has become of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    /// Nothing has gone back.
    Failed(Failure),
    /// It had gone back, and was not taken there: a closed card, days later.
    Returned(Failure),
}

impl Refund {
    pub fn new(payment_id: PaymentId, new: NewRefund, now: Timestamp) -> Self {
        Self {
            id: RefundId::new(),
            payment_id,
            status: RefundStatus::Pending,
            amount: new.amount,
            cause: new.cause,
            note: new.note,
            requested_by: new.requested_by,
            unique_key: new.unique_key,
            provider_refund_id: None,
            failure: None,
            check_at: None,
            created_at: now,
            updated_at: now,
            application_fee: None,
        }
    }

    /// Takes in what the provider says, in any order. A refund only moves on, from pending to succeeded to failed: what
    /// has failed stays so, whatever is told late.
    pub fn apply(&mut self, state: &RefundState, now: Timestamp) -> Option<Outcome> {
        if self.provider_refund_id.is_none() {
            self.provider_refund_id = Some(state.provider_refund_id.clone());
        }
        match (self.status, state.status) {
            (RefundStatus::Pending, ProviderStatus::Pending) => {
                self.check_at = Some(next_question(self.created_at, now));
                None
            }
            (RefundStatus::Pending, ProviderStatus::Succeeded) => {
                self.decide(RefundStatus::Succeeded);
                Some(Outcome::Succeeded)
            }
            (RefundStatus::Pending, ProviderStatus::Failed) => Some(self.fail(failure_of(state))),
            (RefundStatus::Succeeded, ProviderStatus::Failed) => {
                let failure = failure_of(state);
                self.fail(failure.clone());
                Some(Outcome::Returned(failure))
            }
            _ => None,
        }
    }

    /// The provider will not do it; nothing has gone back.
    pub fn fail(&mut self, failure: Failure) -> Outcome {
        self.decide(RefundStatus::Failed);
        self.failure = Some(failure.clone());
        Outcome::Failed(failure)
    }

    /// A refund of the provider's dashboard that is heard of when it has failed. Nothing that we knew of had gone back.
    pub fn failed_elsewhere(payment_id: PaymentId, state: &RefundState, now: Timestamp) -> Self {
        let mut refund = Self::new(payment_id, NewRefund::of_provider(state.amount), now);
        refund.provider_refund_id = Some(state.provider_refund_id.clone());
        refund.fail(failure_of(state));
        refund
    }

    fn decide(&mut self, status: RefundStatus) {
        self.status = status;
        self.check_at = None;
    }

    /// The call that pays it back, from recorded values only: repeated, it is the same call. `None` while the provider
    /// has not named the payment.
    pub fn request(&self, payment: &Payment) -> Option<RefundRequest> {
        let reason = match self.cause {
            RefundCause::Orphan => RefundReason::Duplicate,
            _ => RefundReason::RequestedByCustomer,
        };
        Some(RefundRequest {
            refund_id: self.id,
            payment_id: self.payment_id,
            provider_payment_id: payment.provider_payment_id.clone()?,
            amount: self.amount,
            reason: Some(reason),
            application_fee: self.application_fee,
        })
    }

    /// As the contract names it.
    pub fn reason(&self) -> &'static str {
        match self.cause {
            RefundCause::Cancellation => "cancellation",
            RefundCause::Orphan => "orphan",
            RefundCause::Reschedule => "reschedule",
            RefundCause::Requested | RefundCause::Provider => "requested",
        }
    }
}

fn failure_of(state: &RefundState) -> Failure {
    let unexplained =
        || Failure { code: "unknown".to_owned(), message: "The refund did not reach the customer.".to_owned() };
    state.failure.clone().unwrap_or_else(unexplained)
}

/// A payment that a cancellation may take from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    pub payment_id: PaymentId,
    pub left: i64,
    /// The booking has counted it.
    pub is_applied: bool,
    pub succeeded_at: Option<Timestamp>,
}

/// Takes `amount` from the payments: those the booking has counted first, the newest first among them. Less comes
/// together where less is left.
pub fn spread(amount: i64, mut sources: Vec<Source>) -> Vec<(PaymentId, i64)> {
    sources.sort_by_key(|source| std::cmp::Reverse((source.is_applied, source.succeeded_at, source.payment_id)));
    let mut missing = amount;
    let mut parts = Vec::new();
    for source in sources {
        let part = missing.min(source.left);
        if part > 0 {
            parts.push((source.payment_id, part));
            missing -= part;
        }
    }
    parts
}

#[cfg(test)]
mod tests;
