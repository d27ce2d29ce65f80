//! Paying companies straight to an account of their own at a provider, by the address under which it is known there.
//!
//! There is no account to make for them, nothing to move there first and nothing to take back from there: what does not
//! arrive is on our balance again. The other way is a [`crate::PayoutProvider`].

use async_trait::async_trait;
use jiff::SignedDuration;
use kernel::{Currency, Money, PayoutId};

use crate::{PayoutState, ProviderError};

/// A provider that sends money to receivers. None of these may be called while a database transaction is open.
#[async_trait]
pub trait DisbursementProvider: Send + Sync {
    /// Whether receivers can be paid in a currency. No network call.
    fn pays_in(&self, currency: Currency) -> bool;

    /// Sends money to a receiver, once per `payout_id` and `refusals` (key `payout:<payout_id>:<refusals>`): repeated within
    /// the time for which the provider remembers it, the call answers what became of the first one.
    async fn disburse(&self, request: DisbursementRequest) -> Result<PayoutState, ProviderError>;

    async fn retrieve_disbursement(&self, provider_payout_id: &str) -> Result<PayoutState, ProviderError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisbursementRequest {
    pub payout_id: PayoutId,
    /// At PayPal an email address of at most 127 ASCII characters.
    pub receiver: String,
    /// Positive.
    pub amount: Money,
    /// How often the provider has refused it for now, each time under another key.
    pub refusals: u32,
    /// For how long the call may have been carried out without our knowing; `None` for the first one. Where the provider may
    /// have forgotten it, nothing is sent, and the outcome stays unknown.
    pub unknown_for: Option<SignedDuration>,
}
