//! What providers tell us, in one vocabulary.
//!
//! Several events of a provider may tell the same fact (Stripe says three times that a payment succeeded), in any
//! order and more than once: a consumer moves forward only and keeps what it did not know yet.

use jiff::Timestamp;
use kernel::{Money, PaymentId, RefundId};

use crate::{
    AccountUpdated, DefaultChosen, DisputeUpdated, Failure, Held, MethodChanged, MethodSummary, PayoutUpdated,
    RefundStatus, SetupMoved,
};

/// One fact about one of our payments, payouts or accounts, or nothing of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderEvent {
    PaymentSucceeded(PaymentSucceeded),
    PaymentProcessing(PaymentProcessing),
    PaymentAuthorized(PaymentAuthorized),
    PaymentCanceled(PaymentCanceled),
    PaymentFailed(PaymentFailed),
    SessionApproved(SessionApproved),
    SessionExpired(SessionExpired),
    RefundUpdated(RefundUpdated),
    DisputeUpdated(DisputeUpdated),
    AccountUpdated(AccountUpdated),
    PayoutUpdated(PayoutUpdated),
    SetupMoved(SetupMoved),
    MethodChanged(MethodChanged),
    DefaultChosen(DefaultChosen),
    /// A type we do not act on, or an object that is not ours (made in the provider's dashboard).
    Ignored {
        event_type: String,
    },
}

/// Characters of an id: longer ones are no provider's.
const LONGEST_ID: usize = 255;

impl ProviderEvent {
    /// The payment that it is about, where the event names it by our id.
    pub fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::PaymentSucceeded(told) => Some(told.payment_id),
            Self::PaymentProcessing(told) => Some(told.payment_id),
            Self::PaymentAuthorized(told) => Some(told.payment_id),
            Self::PaymentCanceled(told) => Some(told.payment_id),
            Self::PaymentFailed(told) => Some(told.payment_id),
            Self::SessionApproved(told) => Some(told.payment_id),
            Self::SessionExpired(told) => Some(told.payment_id),
            Self::RefundUpdated(_)
            | Self::DisputeUpdated(_)
            | Self::PayoutUpdated(_)
            | Self::AccountUpdated(_)
            | Self::SetupMoved(_)
            | Self::MethodChanged(_)
            | Self::DefaultChosen(_)
            | Self::Ignored { .. } => None,
        }
    }

    /// The ids, ours and the provider's, of the payment, session, refund, dispute or payout that it is about. What could not
    /// be stored as text is left out.
    pub fn subjects(&self) -> Vec<String> {
        let of_payment = |payment_id: PaymentId, provider_id: &str, session_id: Option<&String>| {
            let ids = [Some(payment_id.to_string()), Some(provider_id.to_owned()), session_id.cloned()];
            ids.into_iter().flatten().collect()
        };
        let mut ids: Vec<String> = match self {
            Self::PaymentSucceeded(told) => {
                of_payment(told.payment_id, &told.provider_payment_id, told.session_id.as_ref())
            }
            Self::PaymentProcessing(told) => {
                of_payment(told.payment_id, &told.provider_payment_id, told.session_id.as_ref())
            }
            Self::PaymentAuthorized(told) => of_payment(told.payment_id, &told.provider_payment_id, None),
            Self::PaymentCanceled(told) => of_payment(told.payment_id, &told.provider_payment_id, None),
            Self::PaymentFailed(told) => {
                of_payment(told.payment_id, &told.provider_payment_id, told.session_id.as_ref())
            }
            Self::SessionApproved(told) => vec![told.payment_id.to_string(), told.session_id.clone()],
            Self::SessionExpired(told) => vec![told.payment_id.to_string(), told.session_id.clone()],
            Self::RefundUpdated(told) => {
                let ours = told.refund_id.map(|id| id.to_string());
                let theirs = [told.provider_payment_id.clone(), told.provider_refund_id.clone()];
                theirs.into_iter().chain(ours).collect()
            }
            Self::DisputeUpdated(told) => vec![told.provider_payment_id.clone(), told.provider_dispute_id.clone()],
            Self::PayoutUpdated(told) => vec![told.payout_id.to_string(), told.state.provider_payout_id.clone()],
            Self::AccountUpdated(_)
            | Self::SetupMoved(_)
            | Self::MethodChanged(_)
            | Self::DefaultChosen(_)
            | Self::Ignored { .. } => Vec::new(),
        };
        ids.retain(|id| (1..=LONGEST_ID).contains(&id.len()) && !id.chars().any(char::is_control));
        ids.sort_unstable();
        ids.dedup();
        ids
    }
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

/// The customer's bank keeps the money for us; nothing has been taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentAuthorized {
    pub payment_id: PaymentId,
    pub provider_payment_id: String,
    pub held: Held,
    /// Not in every event that tells of it.
    pub method: Option<MethodSummary>,
    pub occurred_at: Timestamp,
}

/// Given up, by us or by the provider: it will never succeed. What was held is free again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentCanceled {
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

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    #[test]
    fn an_event_is_found_by_every_id_that_can_be_stored() {
        let refund_id = RefundId::new();
        let told = |provider_refund_id: &str| {
            ProviderEvent::RefundUpdated(RefundUpdated {
                refund_id: Some(refund_id),
                provider_payment_id: "pi_1".to_owned(),
                provider_refund_id: provider_refund_id.to_owned(),
                amount: Money::new(1, Currency::EUR),
                status: RefundStatus::Pending,
                failure: None,
                occurred_at: Timestamp::UNIX_EPOCH,
            })
        };
        assert_eq!(told("re_1").subjects(), ["pi_1".to_owned(), "re_1".to_owned(), refund_id.to_string()]);
        for bad in ["", "re\0", &"x".repeat(256)] {
            assert_eq!(told(bad).subjects(), ["pi_1".to_owned(), refund_id.to_string()]);
        }
    }
}
