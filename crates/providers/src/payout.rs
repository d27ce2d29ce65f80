//! Paying companies by way of accounts that the platform makes for them at a provider: money goes there, and on to their
//! banks. A provider that sends it straight to an account of their own is a [`crate::DisbursementProvider`].
//!
//! The platform takes what customers pay (separate charges and transfers); a payout moves the company's share to its
//! account at the provider, and from there to its bank. Every call carries a key made of our id and of how often the
//! provider has refused it before, because providers repeat a refusal under the same key. Keys are forgotten after a
//! day, so a call that may have been made before looks first whether it was.

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{CompanyId, Currency, Money, PayoutId};
use url::Url;

use crate::{Failure, ProviderError};

/// What a provider can do beside taking payments. None of these may be called while a database transaction is open.
#[async_trait]
pub trait PayoutProvider: Send + Sync {
    /// Makes the company's account, once per `company_id` and `refusals` (key `account:<company_id>:<refusals>`). It can
    /// receive nothing until its owner has been through onboarding.
    async fn create_account(&self, request: AccountRequest) -> Result<AccountState, ProviderError>;

    async fn retrieve_account(&self, provider_account_id: &str) -> Result<AccountState, ProviderError>;

    /// A page on which the account's owner tells the provider who they are and where their bank is. Good once.
    async fn create_onboarding_link(&self, request: OnboardingRequest) -> Result<OnboardingLink, ProviderError>;

    /// When the provider pays the account out by itself. Saying it again changes nothing.
    async fn set_schedule(&self, provider_account_id: &str, schedule: PayoutSchedule) -> Result<(), ProviderError>;

    /// What lies on the company's account.
    async fn account_balance(&self, provider_account_id: &str) -> Result<AccountBalance, ProviderError>;

    /// Moves money from the platform to the company's account and answers the provider's id of that. Once per
    /// `payout_id` (key `transfer:<payout_id>:<refusals>`).
    async fn transfer(&self, request: TransferRequest) -> Result<String, ProviderError>;

    /// Takes a transfer back, all of it, and answers the provider's id of that (key `reversal:<payout_id>:<refusals>`).
    async fn reverse_transfer(&self, request: ReversalRequest) -> Result<String, ProviderError>;

    /// Sends money from the company's account to its bank (key `payout:<payout_id>:<refusals>`).
    async fn pay_out(&self, request: BankPayoutRequest) -> Result<PayoutState, ProviderError>;

    async fn retrieve_payout(
        &self,
        provider_account_id: &str,
        provider_payout_id: &str,
    ) -> Result<PayoutState, ProviderError>;
}

/// When a provider sends what lies on an account to its bank without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutSchedule {
    /// Never: what a new account has.
    Manual,
    /// Every day, as soon as the provider lets the money go.
    Daily,
}

/// Whose account to make. Repeat it unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRequest {
    pub company_id: CompanyId,
    /// ISO 3166-1 alpha-2; cannot be changed later.
    pub country: String,
    /// Prefilled on the onboarding page.
    pub email: Option<String>,
    pub company_name: String,
    pub refusals: u32,
}

/// An account at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    pub provider_account_id: String,
    /// `None` for one that was not made by us.
    pub company_id: Option<CompanyId>,
    /// Its owner has been through onboarding.
    pub details_submitted: bool,
    pub charges_enabled: bool,
    /// The platform can move money to it.
    pub transfers_enabled: bool,
    /// Money on it can go to the bank.
    pub payouts_enabled: bool,
    /// Of its bank account.
    pub currency: Option<Currency>,
    /// What the provider wants to know, in its words: `individual.verification.document`, `external_account`.
    pub requirements_due: Vec<String>,
    /// Until when, before it switches the account off.
    pub requirements_due_by: Option<Timestamp>,
    /// Why it is switched off, in the provider's words: `requirements.past_due`.
    pub disabled_reason: Option<String>,
}

/// An account as of `occurred_at`: two events are ordered by it, to the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUpdated {
    pub state: AccountState,
    pub occurred_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnboardingRequest {
    pub provider_account_id: String,
    /// Where the person comes back to, done or not.
    pub return_url: Url,
    /// Where a person is sent whose link has lapsed: it has to make a new one.
    pub refresh_url: Url,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnboardingLink {
    pub url: Url,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountBalance {
    /// What can go to the bank now, by currency.
    pub available: Vec<Money>,
    /// What will be available later.
    pub pending: Vec<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRequest {
    pub payout_id: PayoutId,
    pub provider_account_id: String,
    /// Positive.
    pub amount: Money,
    pub refusals: u32,
    /// The call was made before, and nobody knows what became of it.
    pub asked_before: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversalRequest {
    pub payout_id: PayoutId,
    pub provider_transfer_id: String,
    pub refusals: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankPayoutRequest {
    pub payout_id: PayoutId,
    pub provider_account_id: String,
    /// Positive, at most what is available on the account.
    pub amount: Money,
    pub refusals: u32,
    /// The call was made before, and nobody knows what became of it.
    pub asked_before: bool,
}

/// Money on its way to a company, at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutState {
    pub provider_payout_id: String,
    pub amount: Money,
    pub progress: PayoutProgress,
    /// Why it failed; or what it waits for, where the provider says so.
    pub failure: Option<Failure>,
    /// When the bank should have it.
    pub arrives_at: Option<Timestamp>,
    /// Where money leaves our balance only after the provider has accepted it: what its statements call that, once it has.
    pub movement_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutProgress {
    /// On its way.
    Pending,
    /// The company should have it. May still become `Failed`, days later, when it is sent back.
    Paid,
    /// The money is where it came from: on the company's account at the provider, or on our balance there.
    Failed,
}

/// A payout of ours as of `occurred_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutUpdated {
    pub payout_id: PayoutId,
    /// Where it goes by way of one.
    pub provider_account_id: Option<String>,
    pub state: PayoutState,
    pub occurred_at: Timestamp,
}
