//! What providers tell about a payment, in the words of its state machine.

use jiff::Timestamp;
use kernel::{Money, PaymentId};
use providers::{Failure, Held, MethodSummary, PaymentStatus, ProviderEvent, SessionState, SessionStatus};

/// One fact about one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The customer has done everything; the bank decides later.
    Processing {
        provider_payment_id: String,
        at: Timestamp,
    },
    /// The customer's bank holds the money; nothing has been taken.
    Authorized(Grant),
    /// Nothing is held any more, and nothing will come: given up by us, or by the provider.
    Released {
        at: Timestamp,
    },
    Succeeded(Success),
    Declined(Decline),
    /// Nobody can pay in the session any more.
    SessionExpired,
    /// The provider would not open a session at all.
    Refused(Failure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    pub provider_payment_id: String,
    pub received: Money,
    pub method: Option<MethodSummary>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub provider_payment_id: String,
    pub held: Held,
    pub method: Option<MethodSummary>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    pub provider_payment_id: Option<String>,
    pub failure: Failure,
    pub at: Timestamp,
    pub told_by: ToldBy,
    /// The session allows no other try.
    pub is_final: bool,
}

/// Where a decline is known from. Two events are two attempts; what is seen when asking is the last attempt, which an
/// event may tell too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToldBy {
    Event(String),
    Asking,
}

/// One try to pay with its result, as it is recorded. Attempts with the same key are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub key: String,
    pub result: AttemptResult,
    pub provider_payment_id: Option<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptResult {
    Declined(Failure),
    Succeeded,
}

impl Attempt {
    /// The keys under which something is recorded that may also be told by an event.
    pub const SEEN: &str = "seen";
    pub const SUCCEEDED: &str = "succeeded";
}

impl Fact {
    /// The attempt that this fact tells of.
    pub fn attempt(&self) -> Option<Attempt> {
        match self {
            Self::Succeeded(success) => Some(Attempt {
                key: Attempt::SUCCEEDED.to_owned(),
                result: AttemptResult::Succeeded,
                provider_payment_id: Some(success.provider_payment_id.clone()),
                at: success.at,
            }),
            Self::Declined(decline) => Some(Attempt {
                key: decline.key(),
                result: AttemptResult::Declined(decline.failure.clone()),
                provider_payment_id: decline.provider_payment_id.clone(),
                at: decline.at,
            }),
            Self::Processing { .. }
            | Self::Authorized(_)
            | Self::Released { .. }
            | Self::SessionExpired
            | Self::Refused(_) => None,
        }
    }
}

impl Decline {
    /// A final decline is told twice by Stripe, by the payment's event and by the session's: the latter does not
    /// count where there is the former.
    fn key(&self) -> String {
        match &self.told_by {
            ToldBy::Event(event_id) if !self.is_final => format!("event:{event_id}"),
            _ => Attempt::SEEN.to_owned(),
        }
    }
}

/// What an event tells of a payment; `None` for what is not about one.
pub fn fact_of_event(event: ProviderEvent, provider_event_id: &str) -> Option<(PaymentId, Fact)> {
    match event {
        ProviderEvent::PaymentSucceeded(event) => {
            let (provider_payment_id, received) = (event.provider_payment_id, event.amount);
            let success = Success { provider_payment_id, received, method: event.method, at: event.occurred_at };
            Some((event.payment_id, Fact::Succeeded(success)))
        }
        ProviderEvent::PaymentProcessing(event) => {
            let (provider_payment_id, at) = (event.provider_payment_id, event.occurred_at);
            Some((event.payment_id, Fact::Processing { provider_payment_id, at }))
        }
        ProviderEvent::PaymentAuthorized(event) => {
            let (provider_payment_id, held) = (event.provider_payment_id, event.held);
            let grant = Grant { provider_payment_id, held, method: event.method, at: event.occurred_at };
            Some((event.payment_id, Fact::Authorized(grant)))
        }
        ProviderEvent::PaymentCanceled(event) => Some((event.payment_id, Fact::Released { at: event.occurred_at })),
        ProviderEvent::PaymentFailed(event) => {
            let decline = Decline {
                provider_payment_id: Some(event.provider_payment_id),
                failure: event.failure,
                at: event.occurred_at,
                told_by: ToldBy::Event(provider_event_id.to_owned()),
                // Only the session's own event says that the session is over.
                is_final: event.session_id.is_some(),
            };
            Some((event.payment_id, Fact::Declined(decline)))
        }
        ProviderEvent::SessionExpired(event) => Some((event.payment_id, Fact::SessionExpired)),
        ProviderEvent::SessionApproved(_)
        | ProviderEvent::DisputeUpdated(_)
        | ProviderEvent::AccountUpdated(_)
        | ProviderEvent::PayoutUpdated(_)
        | ProviderEvent::RefundUpdated(_)
        | ProviderEvent::SetupMoved(_)
        | ProviderEvent::MethodChanged(_)
        | ProviderEvent::DefaultChosen(_)
        | ProviderEvent::Ignored { .. } => None,
    }
}

/// What the provider's state of a session tells at the instant `now`.
pub fn facts_of_state(state: SessionState, now: Timestamp) -> Vec<Fact> {
    let payment = state.payment;
    match (payment.status, payment.provider_payment_id) {
        (PaymentStatus::Succeeded, Some(provider_payment_id)) => {
            let received = payment.amount_received;
            vec![Fact::Succeeded(Success { provider_payment_id, received, method: payment.method, at: now })]
        }
        (PaymentStatus::Processing, Some(provider_payment_id)) => {
            vec![Fact::Processing { provider_payment_id, at: now }]
        }
        (PaymentStatus::Authorized(held), Some(provider_payment_id)) => {
            vec![Fact::Authorized(Grant { provider_payment_id, held, method: payment.method, at: now })]
        }
        (PaymentStatus::Canceled, _) => vec![Fact::Released { at: now }],
        // The provider cancels what is left of a payment with its session; that is no attempt of the customer.
        _ if state.status == SessionStatus::Expired => vec![Fact::SessionExpired],
        (PaymentStatus::Failed, provider_payment_id) => {
            let failure = payment.failure.unwrap_or_else(unexplained);
            let is_final = state.status == SessionStatus::Complete;
            vec![Fact::Declined(Decline { provider_payment_id, failure, at: now, told_by: ToldBy::Asking, is_final })]
        }
        _ => Vec::new(),
    }
}

fn unexplained() -> Failure {
    Failure { code: "payment_failed".to_owned(), message: "The payment failed.".to_owned() }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use providers::PaymentState;

    use super::*;

    fn state(session: SessionStatus, payment: PaymentStatus) -> SessionState {
        SessionState {
            status: session,
            payment: PaymentState {
                status: payment,
                provider_payment_id: Some("pi_1".to_owned()),
                amount_received: Money::new(100, Currency::EUR),
                method: None,
                failure: None,
            },
        }
    }

    #[track_caller]
    fn check(session: SessionStatus, payment: PaymentStatus, expected: &str) {
        let facts = facts_of_state(state(session, payment), Timestamp::UNIX_EPOCH);
        let told = match facts.as_slice() {
            [] => "nothing",
            [Fact::Succeeded(_)] => "succeeded",
            [Fact::Processing { .. }] => "processing",
            [Fact::Authorized(_)] => "authorized",
            [Fact::Released { .. }] => "released",
            [Fact::Declined(decline)] if decline.is_final => "declined for good",
            [Fact::Declined(_)] => "declined",
            [Fact::SessionExpired] => "expired",
            _ => "something else",
        };
        assert_eq!(told, expected, "{session:?} {payment:?}");
    }

    #[test]
    fn money_counts_whatever_became_of_the_session() {
        check(SessionStatus::Complete, PaymentStatus::Succeeded, "succeeded");
        check(SessionStatus::Open, PaymentStatus::Succeeded, "succeeded");
        check(SessionStatus::Expired, PaymentStatus::Succeeded, "succeeded");
        check(SessionStatus::Expired, PaymentStatus::Processing, "processing");
        let held = PaymentStatus::Authorized(Held { amount: Money::new(100, Currency::EUR), until: None });
        check(SessionStatus::Complete, held, "authorized");
        check(SessionStatus::Expired, held, "authorized");
    }

    #[test]
    fn what_was_given_up_is_no_decline() {
        check(SessionStatus::Complete, PaymentStatus::Canceled, "released");
        check(SessionStatus::Expired, PaymentStatus::Canceled, "released");
    }

    #[test]
    fn a_decline_is_final_only_when_the_session_is_over() {
        check(SessionStatus::Open, PaymentStatus::Unpaid, "nothing");
        check(SessionStatus::Open, PaymentStatus::Failed, "declined");
        check(SessionStatus::Complete, PaymentStatus::Failed, "declined for good");
        check(SessionStatus::Expired, PaymentStatus::Failed, "expired");
        check(SessionStatus::Expired, PaymentStatus::Unpaid, "expired");
    }
}
