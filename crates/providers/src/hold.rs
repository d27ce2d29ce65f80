//! Money that is held on a customer's card and not taken: an authorisation. It is captured, all of it or a part, or released;
//! what nobody captures lapses after some days.

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{Money, PaymentId};

use crate::{ProviderError, SessionState};

/// When the money of a payment is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMode {
    /// When the customer pays.
    Automatic,
    /// When it is asked for ([`HoldProvider::capture`]). Only for providers with [`crate::PaymentProvider::holds`].
    Manual,
}

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The most that can be captured.
    pub amount: Money,
    /// When the bank lets go of it; not in every message that tells of a hold.
    pub until: Option<Timestamp>,
}

/// What to take of what is held. Everything in it is part of the idempotent request.
#[derive(Debug, Clone)]
pub struct CaptureRequest {
    pub payment_id: PaymentId,
    pub provider_payment_id: String,
    /// Positive. What is held beyond it is released.
    pub amount: Money,
}

/// What a provider can do where it holds money. None of these may be called while a database transaction is open.
#[async_trait]
pub trait HoldProvider: Send + Sync {
    /// Takes the money, once: repeated, it answers what became of it (key `capture:<payment_id>:<amount>`). A hold that has
    /// ended otherwise is a state, not an error.
    async fn capture(&self, request: &CaptureRequest) -> Result<SessionState, ProviderError>;

    /// Lets go of what is held. One that has ended before is no error: the state tells how.
    async fn release(&self, provider_payment_id: &str) -> Result<SessionState, ProviderError>;
}
