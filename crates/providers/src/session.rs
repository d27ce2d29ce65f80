//! A payment session: the provider's page on which a customer pays one amount, and what became of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{Money, PaymentId};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{CaptureMode, Failure, Held};

/// What to open a session with. Everything in it is part of the idempotent request, so a repeated call must carry the
/// values recorded with the payment, not freshly computed ones.
#[derive(Debug, Clone)]
pub struct SessionRequest {
    /// Also the idempotency key and the reference that comes back in every event.
    pub payment_id: PaymentId,
    /// Positive.
    pub amount: Money,
    pub capture: CaptureMode,
    /// What is held is held on cards, whatever stands here.
    pub methods: MethodKinds,
    /// One line that the customer reads on the page and on the receipt.
    pub description: String,
    /// Prefilled on the page.
    pub customer_email: Option<String>,
    pub success_url: Url,
    pub cancel_url: Url,
    /// When the payment was recorded. The provider's limits on `expires_at` count from here.
    pub requested_at: Timestamp,
    /// When the page should close. Providers have limits (Stripe: 30 minutes to 24 hours after creation) and the
    /// nearest allowed instant is used: read [`Session::expires_at`], and expect a payment after the wish.
    pub expires_at: Option<Timestamp>,
    /// Kept beside the payment at the provider, for people who look there. Never a secret. `payment_id` is added.
    pub metadata: BTreeMap<String, String>,
    /// The company that the payment settles with; `None` where we hold the money.
    pub destination: Option<Destination>,
}

/// By what kinds of methods a payment may be made, of those that the provider offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKinds {
    /// Those that are certain at once: cards, and the wallets that hold them.
    Immediate,
    /// Those as well that are certain only days later: debits from a bank account.
    Delayed,
}

/// A company's account that a payment settles with: the provider gives it the payment less our fee, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The provider's id of the account: Stripe's `acct_…`, Square's merchant.
    pub account_id: String,
    /// What the provider keeps for us, in the payment's currency; not negative, and less than the payment.
    pub application_fee: Money,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub provider_session_id: String,
    /// Where the customer pays.
    pub checkout_url: Url,
    /// Known at once with some providers, with the first attempt at others (Stripe).
    pub provider_payment_id: Option<String>,
    pub expires_at: Option<Timestamp>,
}

/// A session and its payment at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    pub status: SessionStatus,
    pub payment: PaymentState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    Open,
    /// The customer has agreed and no money has moved: [`crate::PaymentProvider::complete_session`] takes it.
    Approved,
    Complete,
    Expired,
}

/// What [`crate::PaymentProvider::expire_session`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpireOutcome {
    /// Closed by this call.
    Expired,
    /// It had expired before.
    AlreadyExpired,
    /// Too late: the customer has paid, or the payment is under way. Ask for the state.
    AlreadyComplete,
}

/// The payment behind a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentState {
    pub status: PaymentStatus,
    pub provider_payment_id: Option<String>,
    /// What the provider holds for us: zero unless `Succeeded`.
    pub amount_received: Money,
    pub method: Option<MethodSummary>,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Nobody has tried, or the customer is at a step of it (3-D Secure).
    Unpaid,
    /// Taken, and decided later by a bank or a network.
    Processing,
    /// Nothing is taken; the customer's bank keeps it for us.
    Authorized(Held),
    Succeeded,
    /// The last attempt failed. While the session is open the customer may try again.
    Failed,
    /// Given up, by us or by the provider: it will never succeed.
    Canceled,
}

/// What may be kept of a payment method: enough for a person to recognise it, nothing to charge it with
/// (PCI DSS 3.4: at most the last four digits here).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodSummary {
    /// The provider's word in lower case: `card`, `sepa_debit`, `paypal`.
    pub kind: String,
    pub brand: Option<String>,
    pub last4: Option<String>,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}
