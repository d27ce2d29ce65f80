//! The provider's other side: accounts of companies, transfers to them and payouts to banks. It counts what it really
//! did, loses answers, and forgets idempotency keys on command.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{CompanyId, Currency, Money, PayoutId};
use providers::{
    AccountBalance, AccountRequest, AccountState, AccountUpdated, BankPayoutRequest, Failure, OnboardingLink,
    OnboardingRequest, PayoutProgress, PayoutProvider, PayoutSchedule, PayoutState, PayoutUpdated, ProviderError,
    ProviderEvent, ReversalRequest, TransferRequest,
};
use serde_json::Value;

#[derive(Debug, Default)]
pub struct FakePayer(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By idempotency key.
    accounts: BTreeMap<(CompanyId, u32), AccountState>,
    transfers: Vec<FakeTransfer>,
    payouts: Vec<FakePayout>,
    /// Calls whose next answer is lost after the work was done.
    losses: BTreeSet<&'static str>,
    /// What the next calls of a name are refused with.
    refusals: Vec<(&'static str, ProviderError)>,
    forgets_keys: bool,
    schedule: Option<PayoutSchedule>,
    calls: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Clone)]
struct FakeTransfer {
    key: (PayoutId, u32),
    amount: Money,
    is_reversed: bool,
}

#[derive(Debug, Clone)]
struct FakePayout {
    key: (PayoutId, u32),
    state: PayoutState,
}

impl FakePayer {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the lock")
    }

    /// The next call of that name does its work, and its answer is lost.
    pub fn lose_answer_of(&self, call: &'static str) {
        self.lock().losses.insert(call);
    }

    pub fn refuse(&self, call: &'static str, error: ProviderError) {
        self.lock().refusals.push((call, error));
    }

    /// As a provider does after a day.
    pub fn forget_keys(&self) {
        self.lock().forgets_keys = true;
    }

    pub fn calls(&self, call: &str) -> u32 {
        self.lock().calls.get(call).copied().unwrap_or(0)
    }

    /// What was last said of when an account is paid out by itself.
    pub fn schedule(&self) -> Option<PayoutSchedule> {
        self.lock().schedule
    }

    pub fn accounts(&self) -> usize {
        self.lock().accounts.len()
    }

    /// What was really transferred and not taken back, in cents.
    pub fn transferred(&self) -> Vec<i64> {
        self.lock().transfers.iter().filter(|made| !made.is_reversed).map(|made| made.amount.amount).collect()
    }

    /// How many transfers were made, taken back or not.
    pub fn transfers_made(&self) -> usize {
        self.lock().transfers.len()
    }

    /// What was really sent to banks, in cents.
    pub fn sent(&self) -> Vec<i64> {
        let is_out = |made: &&FakePayout| made.state.progress != PayoutProgress::Failed;
        self.lock().payouts.iter().filter(is_out).map(|made| made.state.amount.amount).collect()
    }

    /// The owner goes through onboarding; no webhook is sent.
    pub fn onboard_silently(&self) {
        for state in self.lock().accounts.values_mut() {
            *state = enabled(&state.provider_account_id, state.company_id);
        }
    }

    /// The bank decides about everything; no webhook is sent.
    pub fn settle_silently(&self, progress: PayoutProgress) {
        for payout in &mut self.lock().payouts {
            settle(&mut payout.state, progress);
        }
    }

    /// The bank decides about a payout: what the provider's webhook says.
    pub fn settle(&self, payout: &Value, progress: PayoutProgress, second: i64) -> ProviderEvent {
        let payout_id: PayoutId = payout["id"].as_str().expect("an id").parse().expect("a payout's id");
        let mut state = self.lock();
        let made = state.payouts.iter_mut().find(|made| made.key.0 == payout_id).expect("a payout at the bank");
        settle(&mut made.state, progress);
        ProviderEvent::PayoutUpdated(PayoutUpdated {
            payout_id,
            provider_account_id: Some("acct_1".to_owned()),
            state: made.state.clone(),
            occurred_at: Timestamp::from_second(1_803_892_000 + second).expect("an instant"),
        })
    }

    /// A lost answer or a refusal of that call.
    fn begin(&self, call: &'static str) -> Result<bool, ProviderError> {
        let mut state = self.lock();
        *state.calls.entry(call).or_insert(0) += 1;
        if let Some(at) = state.refusals.iter().position(|(name, _)| *name == call) {
            return Err(state.refusals.remove(at).1);
        }
        Ok(state.losses.remove(call))
    }
}

fn answer<T>(is_lost: bool, answer: T) -> Result<T, ProviderError> {
    if is_lost { Err(ProviderError::Timeout) } else { Ok(answer) }
}

fn settle(state: &mut PayoutState, progress: PayoutProgress) {
    let failure =
        Failure { code: "account_closed".to_owned(), message: "The bank account has been closed.".to_owned() };
    state.progress = progress;
    state.failure = (progress == PayoutProgress::Failed).then_some(failure);
}

/// An account as it is before anybody has been through onboarding.
pub fn blank(id: &str, company_id: Option<CompanyId>) -> AccountState {
    AccountState {
        provider_account_id: id.to_owned(),
        company_id,
        details_submitted: false,
        charges_enabled: false,
        transfers_enabled: false,
        payouts_enabled: false,
        currency: Some(Currency::EUR),
        requirements_due: vec!["external_account".to_owned()],
        requirements_due_by: None,
        disabled_reason: None,
    }
}

pub fn enabled(id: &str, company_id: Option<CompanyId>) -> AccountState {
    AccountState {
        details_submitted: true,
        charges_enabled: true,
        transfers_enabled: true,
        payouts_enabled: true,
        requirements_due: Vec::new(),
        ..blank(id, company_id)
    }
}

pub fn account_updated(state: AccountState, occurred_at: Timestamp) -> ProviderEvent {
    ProviderEvent::AccountUpdated(AccountUpdated { state, occurred_at })
}

#[async_trait]
impl PayoutProvider for FakePayer {
    async fn create_account(&self, request: AccountRequest) -> Result<AccountState, ProviderError> {
        let is_lost = self.begin("create_account")?;
        let mut state = self.lock();
        let id = format!("acct_{}", state.accounts.len() + 1);
        let made = state
            .accounts
            .entry((request.company_id, request.refusals))
            .or_insert_with(|| blank(&id, Some(request.company_id)))
            .clone();
        answer(is_lost, made)
    }

    async fn retrieve_account(&self, id: &str) -> Result<AccountState, ProviderError> {
        self.begin("retrieve_account")?;
        let state = self.lock();
        let found = state.accounts.values().find(|account| account.provider_account_id == id);
        found.cloned().ok_or(ProviderError::NotFound(id.to_owned()))
    }

    async fn create_onboarding_link(&self, request: OnboardingRequest) -> Result<OnboardingLink, ProviderError> {
        self.begin("create_onboarding_link")?;
        let url = format!("https://connect.example/{}?back={}", request.provider_account_id, request.return_url);
        Ok(OnboardingLink { url: url.parse().expect("a URL"), expires_at: Timestamp::UNIX_EPOCH })
    }

    async fn set_schedule(&self, _: &str, schedule: PayoutSchedule) -> Result<(), ProviderError> {
        let is_lost = self.begin("set_schedule")?;
        self.lock().schedule = Some(schedule);
        answer(is_lost, ())
    }

    async fn account_balance(&self, _: &str) -> Result<AccountBalance, ProviderError> {
        self.begin("account_balance")?;
        Ok(AccountBalance { available: vec![Money::new(70, Currency::EUR)], pending: Vec::new() })
    }

    async fn transfer(&self, request: TransferRequest) -> Result<String, ProviderError> {
        let is_lost = self.begin("transfer")?;
        let mut state = self.lock();
        let key = (request.payout_id, request.refusals);
        let forgets = state.forgets_keys;
        let known = state
            .transfers
            .iter()
            .any(|made| (made.key == key && !forgets) || (made.key.0 == request.payout_id && request.asked_before));
        if !known {
            state.transfers.push(FakeTransfer { key, amount: request.amount, is_reversed: false });
        }
        answer(is_lost, format!("tr_{}", request.payout_id))
    }

    async fn reverse_transfer(&self, request: ReversalRequest) -> Result<String, ProviderError> {
        let is_lost = self.begin("reverse_transfer")?;
        let mut state = self.lock();
        for made in state.transfers.iter_mut().filter(|made| made.key.0 == request.payout_id) {
            made.is_reversed = true;
        }
        answer(is_lost, format!("trr_{}", request.payout_id))
    }

    async fn pay_out(&self, request: BankPayoutRequest) -> Result<PayoutState, ProviderError> {
        let is_lost = self.begin("pay_out")?;
        let mut state = self.lock();
        let key = (request.payout_id, request.refusals);
        let forgets = state.forgets_keys;
        let known = state
            .payouts
            .iter()
            .find(|made| (made.key == key && !forgets) || (made.key.0 == request.payout_id && request.asked_before));
        let payout = match known.cloned() {
            Some(known) => known.state,
            None => {
                let fresh = PayoutState {
                    provider_payout_id: format!("po_{}", request.payout_id),
                    amount: request.amount,
                    progress: PayoutProgress::Pending,
                    failure: None,
                    arrives_at: Timestamp::from_second(1_804_000_000).ok(),
                    movement_id: None,
                };
                state.payouts.push(FakePayout { key, state: fresh.clone() });
                fresh
            }
        };
        answer(is_lost, payout)
    }

    async fn retrieve_payout(&self, _: &str, id: &str) -> Result<PayoutState, ProviderError> {
        self.begin("retrieve_payout")?;
        let state = self.lock();
        let found = state.payouts.iter().find(|made| made.state.provider_payout_id == id);
        found.map(|made| made.state.clone()).ok_or(ProviderError::NotFound(id.to_owned()))
    }
}
