//! PayPal as somebody who pays companies straight: it counts what it really sent, loses answers, and refuses on command. And a
//! company that is paid so.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use contracts::billing::v1::PayoutReceiverNamed;
use jiff::{SignedDuration, Timestamp};
use kernel::{Currency, PayoutId};
use providers::{
    DisbursementProvider, DisbursementRequest, ExpireOutcome, Failure, HeaderLookup, ParseError, PaymentProvider,
    PayoutProgress, PayoutState, PayoutUpdated, ProviderError, ProviderEvent, ProviderName, RefundRequest, RefundState,
    Session, SessionRequest, SessionState, VerifiedEvent, WebhookError,
};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use super::World;

pub const RECEIVER: &str = "/api/payments/paypal/receiver";
pub const ADDRESS: &str = "studio@example.com";

#[derive(Debug, Default)]
pub struct FakePaypal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    batches: Vec<FakeBatch>,
    loses_answers: u32,
    refusals: Vec<ProviderError>,
    /// For how long each call may have been made before.
    asked: Vec<Option<SignedDuration>>,
}

#[derive(Debug, Clone)]
struct FakeBatch {
    key: (PayoutId, u32),
    receiver: String,
    state: PayoutState,
}

impl FakePaypal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the lock")
    }

    /// The next batch is made, and the answer is lost.
    pub fn lose_next_answer(&self) {
        self.lock().loses_answers += 1;
    }

    pub fn refuse_next(&self, error: ProviderError) {
        self.lock().refusals.push(error);
    }

    /// Of each batch that was really made: to whom, and how many cents.
    pub fn sent(&self) -> Vec<(String, i64)> {
        self.lock().batches.iter().map(|batch| (batch.receiver.clone(), batch.state.amount.amount)).collect()
    }

    /// How often it was told that a call may have been made before.
    pub fn asked_again(&self) -> usize {
        self.lock().asked.iter().flatten().count()
    }

    /// What becomes of every batch; no webhook is sent. What is pending has left our balance, what failed before has not.
    pub fn settle_silently(&self, progress: PayoutProgress) {
        for batch in &mut self.lock().batches {
            settle(batch, progress);
        }
    }

    /// What becomes of a payout's batch: what the webhook says.
    pub fn settle(&self, payout: &Value, progress: PayoutProgress) -> ProviderEvent {
        let payout_id: PayoutId = payout["id"].as_str().expect("an id").parse().expect("a payout's id");
        let mut state = self.lock();
        let batch = state.batches.iter_mut().find(|batch| batch.key.0 == payout_id).expect("a batch");
        settle(batch, progress);
        ProviderEvent::PayoutUpdated(PayoutUpdated {
            payout_id,
            provider_account_id: None,
            state: batch.state.clone(),
            occurred_at: Timestamp::UNIX_EPOCH,
        })
    }
}

fn settle(batch: &mut FakeBatch, progress: PayoutProgress) {
    let code = if progress == PayoutProgress::Failed { "returned" } else { "receiver_unregistered" };
    let failure = Failure { code: code.to_owned(), message: "Nobody claims it.".to_owned() };
    batch.state.progress = progress;
    batch.state.failure = (progress != PayoutProgress::Paid).then_some(failure);
    if progress != PayoutProgress::Failed {
        batch.state.movement_id = Some(format!("T{}", batch.key.0));
    }
}

#[async_trait]
impl DisbursementProvider for FakePaypal {
    fn pays_in(&self, currency: Currency) -> bool {
        currency == Currency::EUR
    }

    async fn disburse(&self, request: DisbursementRequest) -> Result<PayoutState, ProviderError> {
        let mut state = self.lock();
        state.asked.push(request.unknown_for);
        if !state.refusals.is_empty() {
            return Err(state.refusals.remove(0));
        }
        let key = (request.payout_id, request.refusals);
        let known = state.batches.iter().find(|batch| batch.key == key).map(|batch| batch.state.clone());
        let answer = known.unwrap_or_else(|| {
            let fresh = PayoutState {
                provider_payout_id: format!("B{}", request.payout_id),
                amount: request.amount,
                progress: PayoutProgress::Pending,
                failure: None,
                arrives_at: None,
                movement_id: None,
            };
            state.batches.push(FakeBatch { key, receiver: request.receiver.clone(), state: fresh.clone() });
            fresh
        });
        match state.loses_answers.checked_sub(1) {
            None => Ok(answer),
            Some(left) => {
                state.loses_answers = left;
                Err(ProviderError::Timeout)
            }
        }
    }

    async fn retrieve_disbursement(&self, id: &str) -> Result<PayoutState, ProviderError> {
        let state = self.lock();
        let found = state.batches.iter().find(|batch| batch.state.provider_payout_id == id);
        found.map(|batch| batch.state.clone()).ok_or(ProviderError::NotFound(id.to_owned()))
    }
}

fn not_played<T>() -> Result<T, ProviderError> {
    Err(ProviderError::NotConfigured(ProviderName::Paypal))
}

#[async_trait]
impl PaymentProvider for FakePaypal {
    fn name(&self) -> ProviderName {
        ProviderName::Paypal
    }

    async fn create_session(&self, _: SessionRequest) -> Result<Session, ProviderError> {
        not_played()
    }

    async fn retrieve_session(&self, _: &str) -> Result<SessionState, ProviderError> {
        not_played()
    }

    async fn expire_session(&self, _: &str) -> Result<ExpireOutcome, ProviderError> {
        not_played()
    }

    async fn refund(&self, _: RefundRequest) -> Result<RefundState, ProviderError> {
        not_played()
    }

    async fn retrieve_refund(&self, _: &str) -> Result<RefundState, ProviderError> {
        not_played()
    }

    fn disbursements(&self) -> Option<&dyn DisbursementProvider> {
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

    fn parse_event(&self, _: &[u8]) -> Result<ProviderEvent, ParseError> {
        Err(ParseError::Malformed("its events come through the other provider".to_owned()))
    }
}

impl World {
    pub fn paypal(&self) -> &Arc<FakePaypal> {
        self.paypal.as_ref().expect("a world with PayPal")
    }

    pub async fn name_receiver(&self, owner: &CallerToken, email: &str) -> TestResponse {
        let company = json!({"name": "Kellerklang", "country": "DE", "currency": "EUR"});
        self.service.peers.get(&format!("/internal/companies/{}", self.company), company);
        let request = self.service.request(Method::PUT, RECEIVER).bearer(&self.service.token(owner));
        request.json(json!({"company_id": self.company, "email": email})).send().await
    }

    /// What messaging is told to mail a link to, the newest last.
    pub async fn receivers_told(&self) -> Vec<PayoutReceiverNamed> {
        self.service.events::<PayoutReceiverNamed>().await
    }

    /// The secret of a mail, as messaging asks for it.
    pub async fn mint(&self, receiver_id: &str) -> TestResponse {
        let token = self.service.keys.service_token("messaging", "billing");
        let path = format!("/internal/payout-receivers/{receiver_id}/mint");
        self.service.post(&path).bearer(&token).json(json!({})).send().await
    }

    pub async fn confirm_receiver(&self, owner: &CallerToken, secret: &str) -> TestResponse {
        let request = self.service.post(&format!("{RECEIVER}/confirm")).bearer(&self.service.token(owner));
        request.json(json!({"company_id": self.company, "token": secret})).send().await
    }

    /// An address that counts.
    pub async fn receiver_in_use(&self) {
        let owner = self.owner();
        self.name_receiver(&owner, ADDRESS).await.expect(200);
        let told = self.receivers_told().await.pop().expect("a mail is asked for");
        let secret = self.mint(&told.receiver_id).await.expect(200)["secret"].as_str().expect("a secret").to_owned();
        assert_eq!(self.confirm_receiver(&owner, &secret).await.expect(200)["confirmed"], true);
    }
}
