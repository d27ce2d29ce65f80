//! The provider's fourth side: money that is held on cards, captured and let go of.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kernel::{Money, PaymentId};
use providers::{
    CaptureRequest, Failure, Held, HoldProvider, PaymentAuthorized, PaymentCanceled, PaymentStatus, ProviderError,
    ProviderEvent, SessionRequest, SessionState, SessionStatus,
};
use serde_json::Value;

use super::provider::{FakeProvider, FakeSession, State, about, provider_payment_id, taken};

/// For seven days from the request.
pub fn held(request: &SessionRequest) -> SessionState {
    let until = Some(request.requested_at + SignedDuration::from_hours(7 * 24));
    let mut state = taken(request);
    state.payment.status = PaymentStatus::Authorized(Held { amount: request.amount, until });
    state.payment.amount_received = request.amount.currency.zero();
    state
}

impl FakeProvider {
    /// The customer agrees on the page; no webhook is sent.
    pub fn hold_silently(&self, payment_id: PaymentId) {
        let mut state = self.lock();
        let session = of_payment(&mut state, &provider_payment_id(payment_id)).expect("an open session");
        session.state = held(&session.request);
    }

    /// The customer's bank lets go of it; no webhook is sent.
    pub fn lapse_silently(&self, payment_id: PaymentId) {
        let mut state = self.lock();
        end(of_payment(&mut state, &provider_payment_id(payment_id)).expect("a session"));
    }

    /// What is held now, in cents.
    pub fn held(&self) -> Vec<i64> {
        let held_of = |session: FakeSession| match session.state.payment.status {
            PaymentStatus::Authorized(held) => Some(held.amount.amount),
            _ => None,
        };
        self.sessions().into_iter().filter_map(held_of).collect()
    }

    /// What was really captured, in cents.
    pub fn captured(&self) -> Vec<i64> {
        self.lock().captured.clone()
    }
}

fn of_payment<'a>(state: &'a mut State, id: &str) -> Option<&'a mut FakeSession> {
    state.sessions.values_mut().find(|session| provider_payment_id(session.request.payment_id) == id)
}

fn end(session: &mut FakeSession) {
    session.state.status = SessionStatus::Expired;
    session.state.payment.status = PaymentStatus::Canceled;
}

#[async_trait]
impl HoldProvider for FakeProvider {
    async fn capture(&self, request: &CaptureRequest) -> Result<SessionState, ProviderError> {
        let loses_answer = self.begin()?;
        let mut guard = self.lock();
        let state = &mut *guard;
        let session = of_payment(state, &request.provider_payment_id).ok_or(ProviderError::NotFound(String::new()))?;
        if let PaymentStatus::Authorized(held) = session.state.payment.status {
            if request.amount.amount > held.amount.amount {
                let code = "amount_too_large".to_owned();
                return Err(ProviderError::InvalidRequest(Failure { code, message: "Too much.".to_owned() }));
            }
            session.state.payment.status = PaymentStatus::Succeeded;
            session.state.payment.amount_received = request.amount;
            state.captured.push(request.amount.amount);
        }
        let answer = of_payment(state, &request.provider_payment_id).map(|session| session.state.clone());
        if loses_answer { Err(ProviderError::Timeout) } else { answer.ok_or(ProviderError::NotFound(String::new())) }
    }

    async fn release(&self, provider_payment_id: &str) -> Result<SessionState, ProviderError> {
        self.reach()?;
        let mut state = self.lock();
        let session = of_payment(&mut state, provider_payment_id).ok_or(ProviderError::NotFound(String::new()))?;
        if matches!(session.state.payment.status, PaymentStatus::Authorized(_)) {
            end(session);
        }
        Ok(session.state.clone())
    }
}

pub fn authorized(payment: &Value) -> ProviderEvent {
    let (payment_id, amount): (PaymentId, Money) = about(payment);
    ProviderEvent::PaymentAuthorized(PaymentAuthorized {
        payment_id,
        provider_payment_id: provider_payment_id(payment_id),
        held: Held { amount, until: None },
        method: None,
        occurred_at: Timestamp::from_second(1_803_891_700).expect("an instant"),
    })
}

pub fn canceled(payment: &Value) -> ProviderEvent {
    let (payment_id, _) = about(payment);
    ProviderEvent::PaymentCanceled(PaymentCanceled {
        payment_id,
        provider_payment_id: provider_payment_id(payment_id),
        occurred_at: Timestamp::from_second(1_803_891_900).expect("an instant"),
    })
}
