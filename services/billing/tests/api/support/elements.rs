//! The provider's fifth side: payments that clients confirm with a secret.

use async_trait::async_trait;
use kernel::PaymentId;
use providers::{ElementsProvider, Failure, PaymentStatus, ProviderError, SessionRequest, SessionStatus};
use secrecy::SecretString;

use super::provider::{FakeProvider, FakeSession, untouched};

fn intent_id(payment_id: PaymentId) -> String {
    format!("pi_{payment_id}")
}

/// As nobody else would write it.
pub fn secret_of(payment_id: PaymentId) -> String {
    format!("{}_secret_9f2cQ", intent_id(payment_id))
}

impl FakeProvider {
    /// What the provider knows of a payment that a client confirms.
    pub fn intent_of(&self, payment_id: PaymentId) -> Option<FakeSession> {
        self.lock().sessions.get(&intent_id(payment_id)).cloned()
    }

    /// The client confirms it; no webhook is sent.
    pub fn confirm_silently(&self, payment_id: PaymentId) {
        let mut state = self.lock();
        let session = state.sessions.get_mut(&intent_id(payment_id)).expect("an intent");
        assert_eq!(session.state.status, SessionStatus::Open, "what was given up takes no payment");
        session.state = super::provider::taken(&session.request);
    }

    /// The client confirms it with a debit, whose bank decides later; no webhook is sent.
    pub fn debit_silently(&self, payment_id: PaymentId) {
        self.decide_silently(payment_id, SessionStatus::Complete, PaymentStatus::Processing);
    }

    /// The bank has made the debit; no webhook is sent.
    pub fn debited_silently(&self, payment_id: PaymentId) {
        let mut state = self.lock();
        let session = state.sessions.get_mut(&intent_id(payment_id)).expect("an intent");
        session.state = super::provider::taken(&session.request);
    }

    /// The bank has not made the debit; the client may confirm it anew. No webhook is sent.
    pub fn fail_silently(&self, payment_id: PaymentId) {
        self.decide_silently(payment_id, SessionStatus::Open, PaymentStatus::Failed);
    }

    fn decide_silently(&self, payment_id: PaymentId, session: SessionStatus, payment: PaymentStatus) {
        let mut state = self.lock();
        let known = &mut state.sessions.get_mut(&intent_id(payment_id)).expect("an intent").state;
        let failure = Failure { code: "insufficient_funds".to_owned(), message: "Not enough money.".to_owned() };
        (known.status, known.payment.status) = (session, payment);
        known.payment.provider_payment_id = Some(intent_id(payment_id));
        known.payment.failure = (payment == PaymentStatus::Failed).then_some(failure);
    }
}

#[async_trait]
impl ElementsProvider for FakeProvider {
    async fn create_intent(&self, request: &SessionRequest) -> Result<String, ProviderError> {
        let loses_answer = self.begin()?;
        let id = intent_id(request.payment_id);
        let fresh = FakeSession { state: untouched(request.amount), request: request.clone() };
        self.lock().sessions.entry(id.clone()).or_insert(fresh);
        if loses_answer { Err(ProviderError::Timeout) } else { Ok(id) }
    }

    async fn client_secret(&self, id: &str) -> Result<SecretString, ProviderError> {
        self.begin()?;
        let state = self.lock();
        let found = state.sessions.get(id).ok_or(ProviderError::NotFound(id.to_owned()))?;
        Ok(secret_of(found.request.payment_id).into())
    }
}
