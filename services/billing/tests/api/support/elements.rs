//! The provider's fifth side: payments that clients confirm with a secret.

use async_trait::async_trait;
use kernel::PaymentId;
use providers::{ElementsProvider, ProviderError, SessionRequest, SessionStatus};
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
