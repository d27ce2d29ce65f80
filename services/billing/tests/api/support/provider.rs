//! A provider that keeps state, counts what it really did, and misbehaves on command.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{Money, PaymentId, RefundId};
use providers::{
    ElementsProvider, ExpireOutcome, Failure, HeaderLookup, HoldProvider, MethodProvider, Movement, MovementKind,
    MovementsPage, MovementsRequest, ParseError, PaymentFailed, PaymentProcessing, PaymentProvider, PaymentState,
    PaymentStatus, PaymentSucceeded, PayoutProvider, ProviderError, ProviderEvent, ProviderName, RefundRequest,
    RefundState, RefundStatus, RefundUpdated, Session, SessionApproved, SessionExpired, SessionRequest, SessionState,
    SessionStatus, StatementProvider, VerifiedEvent, WebhookError,
};
use serde_json::Value;
use tokio::sync::Notify;

use super::{methods::FakeMethods, payer::FakePayer};

#[derive(Debug, Default)]
pub struct FakeProvider(Mutex<State>, FakePayer);

#[derive(Debug, Default)]
pub struct State {
    pub sessions: BTreeMap<String, FakeSession>,
    pub methods: FakeMethods,
    refunds: BTreeMap<RefundId, FakeRefund>,
    /// Errors for the next calls, whatever they are.
    refusals: VecDeque<ProviderError>,
    /// The next call does its work, and its answer is lost.
    loses_answers: u32,
    is_down: bool,
    refund_status: Option<RefundStatus>,
    /// The next `create_session` waits here before it answers.
    gate: Option<Arc<Notify>>,
    events: BTreeMap<u64, ProviderEvent>,
    /// What is behind the movements that it lists, newest first.
    moved: Vec<ProviderEvent>,
    calls: u32,
    captures: u32,
    /// In cents, of what was held.
    pub captured: Vec<i64>,
}

#[derive(Debug, Clone)]
pub struct FakeSession {
    pub request: SessionRequest,
    pub state: SessionState,
}

#[derive(Debug, Clone)]
pub struct FakeRefund {
    pub amount: Money,
    /// What of the platform's fee goes back with it.
    pub fee: Option<Money>,
    pub state: RefundState,
}

impl FakeProvider {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the lock")
    }

    pub fn payer(&self) -> &FakePayer {
        &self.1
    }

    /// Every call fails until it is up again.
    pub fn set_down(&self, is_down: bool) {
        self.lock().is_down = is_down;
    }

    pub fn refuse_next(&self, error: ProviderError) {
        self.lock().refusals.push_back(error);
    }

    pub fn lose_next_answer(&self) {
        self.lock().loses_answers += 1;
    }

    /// What becomes of refunds from now on.
    pub fn set_refund_status(&self, status: RefundStatus) {
        self.lock().refund_status = Some(status);
    }

    /// Decides refunds that are pending.
    pub fn decide_refunds(&self, status: RefundStatus) {
        for refund in self.lock().refunds.values_mut() {
            refund.state.status = status;
        }
    }

    /// Holds the next `create_session` back until the gate is notified.
    pub fn gate_next_session(&self) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        self.lock().gate = Some(gate.clone());
        gate
    }

    pub fn sessions(&self) -> Vec<FakeSession> {
        self.lock().sessions.values().cloned().collect()
    }

    pub fn session_of(&self, payment_id: PaymentId) -> Option<FakeSession> {
        self.lock().sessions.get(&session_id(payment_id)).cloned()
    }

    /// The refunds that were really carried out, in cents.
    pub fn refunds(&self) -> Vec<i64> {
        self.lock().refunds.values().map(|refund| refund.amount.amount).collect()
    }

    /// What of the platform's fee was to go back with each, in cents; in the order in which they were asked for.
    pub fn refunded_fees(&self) -> Vec<Option<i64>> {
        self.lock().refunds.values().map(|refund| refund.fee.map(|fee| fee.amount)).collect()
    }

    pub fn calls(&self) -> u32 {
        self.lock().calls
    }

    /// The customer pays; no webhook is sent.
    pub fn pay_silently(&self, payment_id: PaymentId) {
        let mut state = self.lock();
        let session = state.sessions.get_mut(&session_id(payment_id)).expect("an open session");
        session.state = taken(&session.request);
    }

    /// The customer agrees; nothing has been taken yet. No webhook is sent.
    pub fn approve_silently(&self, payment_id: PaymentId) {
        let mut state = self.lock();
        state.sessions.get_mut(&session_id(payment_id)).expect("an open session").state.status =
            SessionStatus::Approved;
    }

    /// How often money was really taken.
    pub fn captures(&self) -> u32 {
        self.lock().captures
    }

    /// Forgets every session, like a sandbox that was started anew.
    pub fn forget(&self) {
        self.lock().sessions.clear();
    }

    /// What it lists from now on as having moved, newest first, whether or not it has told of it.
    pub fn has_moved(&self, news: impl IntoIterator<Item = ProviderEvent>) {
        self.lock().moved = news.into_iter().collect();
    }

    /// The body of a webhook that tells this event.
    pub fn payload(&self, event: ProviderEvent) -> Vec<u8> {
        let mut state = self.lock();
        let number = state.events.len() as u64;
        state.events.insert(number, event);
        number.to_string().into_bytes()
    }

    /// A call that a job makes when it comes by: it takes none of the errors meant for a test's own calls.
    pub fn reach(&self) -> Result<(), ProviderError> {
        let mut state = self.lock();
        state.calls += 1;
        if state.is_down { Err(ProviderError::Unreachable("down".to_owned())) } else { Ok(()) }
    }

    pub fn begin(&self) -> Result<bool, ProviderError> {
        let mut state = self.lock();
        state.calls += 1;
        if state.is_down {
            return Err(ProviderError::Unreachable("down".to_owned()));
        }
        if let Some(error) = state.refusals.pop_front() {
            return Err(error);
        }
        let loses_answer = state.loses_answers > 0;
        state.loses_answers = state.loses_answers.saturating_sub(1);
        Ok(loses_answer)
    }
}

#[async_trait]
impl PaymentProvider for FakeProvider {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }

    async fn create_session(&self, request: SessionRequest) -> Result<Session, ProviderError> {
        let loses_answer = self.begin()?;
        let (id, answer) = {
            let mut state = self.lock();
            let id = session_id(request.payment_id);
            let fresh = FakeSession { state: untouched(request.amount), request: request.clone() };
            let session = state.sessions.entry(id.clone()).or_insert(fresh);
            if format!("{:?}", session.request) != format!("{request:?}") {
                return Err(ProviderError::KeyReused("other values".to_owned()));
            }
            (id.clone(), state.gate.take())
        };
        if let Some(gate) = answer {
            gate.notified().await;
        }
        if loses_answer {
            return Err(ProviderError::Timeout);
        }
        Ok(Session {
            checkout_url: format!("https://pay.example/{id}").parse().expect("a URL"),
            provider_session_id: id,
            provider_payment_id: None,
            expires_at: request.expires_at,
        })
    }

    async fn retrieve_session(&self, id: &str) -> Result<SessionState, ProviderError> {
        self.begin()?;
        let state = self.lock();
        state.sessions.get(id).map(|session| session.state.clone()).ok_or(ProviderError::NotFound(id.to_owned()))
    }

    async fn complete_session(&self, id: &str) -> Result<SessionState, ProviderError> {
        let loses_answer = self.begin()?;
        let answer = {
            let mut state = self.lock();
            let session = state.sessions.get_mut(id).ok_or(ProviderError::NotFound(id.to_owned()))?;
            let is_approved = session.state.status == SessionStatus::Approved;
            if is_approved {
                session.state = taken(&session.request);
            }
            let answer = session.state.clone();
            state.captures += u32::from(is_approved);
            answer
        };
        if loses_answer { Err(ProviderError::Timeout) } else { Ok(answer) }
    }

    async fn expire_session(&self, id: &str) -> Result<ExpireOutcome, ProviderError> {
        self.begin()?;
        let mut state = self.lock();
        let session = state.sessions.get_mut(id).ok_or(ProviderError::NotFound(id.to_owned()))?;
        Ok(match session.state.status {
            SessionStatus::Open | SessionStatus::Approved => {
                session.state.status = SessionStatus::Expired;
                ExpireOutcome::Expired
            }
            SessionStatus::Complete => ExpireOutcome::AlreadyComplete,
            SessionStatus::Expired => ExpireOutcome::AlreadyExpired,
        })
    }

    async fn refund(&self, request: RefundRequest) -> Result<RefundState, ProviderError> {
        let loses_answer = self.begin()?;
        let answer = {
            let mut state = self.lock();
            let status = state.refund_status.unwrap_or(RefundStatus::Succeeded);
            let refund = state.refunds.entry(request.refund_id).or_insert_with(|| FakeRefund {
                amount: request.amount,
                fee: request.application_fee,
                state: RefundState {
                    provider_refund_id: format!("re_{}", request.refund_id),
                    amount: request.amount,
                    status,
                    failure: None,
                },
            });
            refund.state.clone()
        };
        if loses_answer { Err(ProviderError::Timeout) } else { Ok(answer) }
    }

    async fn retrieve_refund(&self, id: &str) -> Result<RefundState, ProviderError> {
        self.begin()?;
        let state = self.lock();
        let found = state.refunds.values().find(|refund| refund.state.provider_refund_id == id);
        found.map(|refund| refund.state.clone()).ok_or(ProviderError::NotFound(id.to_owned()))
    }

    fn payouts(&self) -> Option<&dyn PayoutProvider> {
        Some(&self.1)
    }

    fn methods(&self) -> Option<&dyn MethodProvider> {
        Some(self)
    }

    fn elements(&self) -> Option<&dyn ElementsProvider> {
        Some(self)
    }

    fn holds(&self) -> Option<&dyn HoldProvider> {
        Some(self)
    }

    fn statement(&self) -> Option<&dyn StatementProvider> {
        Some(self)
    }

    async fn verify_webhook(
        &self,
        _: &dyn HeaderLookup,
        _: &[u8],
        _: Timestamp,
    ) -> Result<VerifiedEvent, WebhookError> {
        Err(WebhookError::NotConfigured)
    }

    fn parse_event(&self, payload: &[u8]) -> Result<ProviderEvent, ParseError> {
        let number = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
        let event = number.and_then(|number: u64| self.lock().events.get(&number).cloned());
        event.ok_or_else(|| ParseError::Malformed("not a number of an event".to_owned()))
    }
}

/// Movements of nothing, so that there is nothing to hand over.
#[async_trait]
impl StatementProvider for FakeProvider {
    async fn list_movements(&self, request: MovementsRequest) -> Result<MovementsPage, ProviderError> {
        let told = self.lock().moved.clone();
        let movement = |(number, told): (usize, ProviderEvent)| Movement {
            id: format!("txn_{number}"),
            kind: MovementKind::Refund,
            reference: None,
            source: None,
            amount: kernel::Currency::EUR.zero(),
            fee: 0,
            occurred_at: request.from,
            told: Some(told),
        };
        Ok(MovementsPage { movements: told.into_iter().enumerate().map(movement).collect(), next: None })
    }
}

fn session_id(payment_id: PaymentId) -> String {
    format!("cs_{payment_id}")
}

pub fn provider_payment_id(payment_id: PaymentId) -> String {
    format!("pi_{payment_id}")
}

pub fn taken(request: &SessionRequest) -> SessionState {
    SessionState {
        status: SessionStatus::Complete,
        payment: PaymentState {
            status: PaymentStatus::Succeeded,
            provider_payment_id: Some(provider_payment_id(request.payment_id)),
            amount_received: request.amount,
            method: None,
            failure: None,
        },
    }
}

pub fn untouched(amount: Money) -> SessionState {
    SessionState {
        status: SessionStatus::Open,
        payment: PaymentState {
            status: PaymentStatus::Unpaid,
            provider_payment_id: None,
            amount_received: amount.currency.zero(),
            method: None,
            failure: None,
        },
    }
}

pub fn about(payment: &Value) -> (PaymentId, Money) {
    let money = serde_json::from_value(payment["amount"].clone()).expect("money");
    (super::payment_id(payment), money)
}

pub fn succeeded(payment: &Value) -> ProviderEvent {
    let (payment_id, amount) = about(payment);
    ProviderEvent::PaymentSucceeded(PaymentSucceeded {
        session_id: Some(session_id(payment_id)),
        payment_id,
        provider_payment_id: provider_payment_id(payment_id),
        amount,
        method: None,
        occurred_at: Timestamp::from_second(1_803_891_700).expect("an instant"),
    })
}

pub fn declined(payment: &Value, code: &str, second: i64) -> ProviderEvent {
    let (payment_id, amount) = about(payment);
    ProviderEvent::PaymentFailed(PaymentFailed {
        session_id: None,
        payment_id,
        provider_payment_id: provider_payment_id(payment_id),
        amount,
        failure: Failure { code: code.to_owned(), message: "Your card was declined.".to_owned() },
        occurred_at: Timestamp::from_second(1_803_891_600 + second).expect("an instant"),
    })
}

pub fn processing(payment: &Value) -> ProviderEvent {
    let (payment_id, _) = about(payment);
    ProviderEvent::PaymentProcessing(PaymentProcessing {
        session_id: Some(session_id(payment_id)),
        payment_id,
        provider_payment_id: provider_payment_id(payment_id),
        occurred_at: Timestamp::from_second(1_803_891_650).expect("an instant"),
    })
}

pub fn approved(payment: &Value) -> ProviderEvent {
    let (payment_id, _) = about(payment);
    ProviderEvent::SessionApproved(SessionApproved {
        session_id: session_id(payment_id),
        payment_id,
        occurred_at: Timestamp::from_second(1_803_891_660).expect("an instant"),
    })
}

pub fn session_expired(payment: &Value) -> ProviderEvent {
    let (payment_id, _) = about(payment);
    ProviderEvent::SessionExpired(SessionExpired {
        session_id: session_id(payment_id),
        payment_id,
        occurred_at: Timestamp::from_second(1_803_891_800).expect("an instant"),
    })
}

/// `refund_id` is `None` for a refund made in the provider's dashboard.
pub fn refund_updated(
    payment: &Value,
    refund_id: Option<RefundId>,
    amount: i64,
    status: RefundStatus,
) -> ProviderEvent {
    let (payment_id, asked) = about(payment);
    ProviderEvent::RefundUpdated(RefundUpdated {
        refund_id,
        provider_payment_id: provider_payment_id(payment_id),
        provider_refund_id: refund_id.map_or_else(|| "re_dashboard".to_owned(), |id| format!("re_{id}")),
        amount: Money::new(amount, asked.currency),
        status,
        failure: None,
        occurred_at: Timestamp::from_second(1_803_891_900).expect("an instant"),
    })
}
