//! The parts of Stripe's objects that events are read for.

use std::collections::BTreeMap;

use kernel::{CompanyId, MethodSetupId, PaymentId, PayoutId, RefundId};
use serde::Deserialize;

use crate::{Failure, MethodSummary};

type Metadata = Option<BTreeMap<String, String>>;

fn payment_id_in(metadata: &Metadata) -> Option<PaymentId> {
    metadata.as_ref()?.get("payment_id")?.parse().ok()
}

/// Another object, by its id or in full (<https://docs.stripe.com/expand>).
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Reference {
    Id(String),
    Object { id: String },
}

impl Reference {
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

#[derive(Deserialize)]
pub struct SessionObject {
    pub id: String,
    pub client_reference_id: Option<String>,
    pub metadata: Metadata,
    pub mode: Option<String>,
    pub payment_intent: Option<Reference>,
    pub payment_status: String,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
}

impl SessionObject {
    /// Of a session in which a method was to be given and nothing paid.
    pub fn setup_id(&self) -> Option<MethodSetupId> {
        self.client_reference_id.as_deref().filter(|_| self.mode.as_deref() == Some("setup"))?.parse().ok()
    }

    pub fn payment_id(&self) -> Option<PaymentId> {
        let reference = self.client_reference_id.as_deref().and_then(|reference| reference.parse().ok());
        reference.or_else(|| payment_id_in(&self.metadata))
    }
}

#[derive(Deserialize)]
pub struct SetupIntentObject {
    pub metadata: Metadata,
}

impl SetupIntentObject {
    pub fn setup_id(&self) -> Option<MethodSetupId> {
        self.metadata.as_ref()?.get("setup_id")?.parse().ok()
    }
}

/// A method by itself has the fields of the one in a charge.
#[derive(Deserialize)]
pub struct MethodObject {
    pub id: String,
    #[serde(flatten)]
    pub details: MethodDetails,
}

#[derive(Deserialize)]
pub struct CustomerObject {
    pub id: String,
    invoice_settings: Option<InvoiceSettings>,
}

#[derive(Deserialize)]
struct InvoiceSettings {
    default_payment_method: Option<Reference>,
}

impl CustomerObject {
    pub fn default_method(&self) -> Option<&str> {
        Some(self.invoice_settings.as_ref()?.default_payment_method.as_ref()?.id())
    }
}

#[derive(Deserialize)]
pub struct IntentObject {
    pub id: String,
    pub amount: i64,
    pub amount_received: i64,
    #[serde(default)]
    pub amount_capturable: i64,
    pub currency: String,
    pub metadata: Metadata,
    pub last_payment_error: Option<AttemptError>,
}

impl IntentObject {
    pub fn payment_id(&self) -> Option<PaymentId> {
        payment_id_in(&self.metadata)
    }
}

#[derive(Deserialize)]
pub struct AttemptError {
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
}

impl From<AttemptError> for Failure {
    fn from(error: AttemptError) -> Self {
        Self {
            code: error.decline_code.or(error.code).unwrap_or_else(|| "payment_failed".to_owned()),
            message: error.message.unwrap_or_else(|| "The payment failed.".to_owned()),
        }
    }
}

#[derive(Deserialize)]
pub struct ChargeObject {
    pub payment_intent: Option<Reference>,
    pub amount: i64,
    pub amount_captured: i64,
    pub captured: bool,
    pub currency: String,
    pub metadata: Metadata,
    pub payment_method_details: Option<MethodDetails>,
    pub refunds: Option<RefundList>,
}

impl ChargeObject {
    /// Stripe copies the intent's metadata to the charge.
    pub fn payment_id(&self) -> Option<PaymentId> {
        payment_id_in(&self.metadata)
    }
}

#[derive(Deserialize)]
pub struct MethodDetails {
    #[serde(rename = "type")]
    kind: String,
    card: Option<CardDetails>,
    sepa_debit: Option<DebitDetails>,
}

impl MethodDetails {
    /// Until when what is held can be captured.
    pub fn capture_before(&self) -> Option<i64> {
        self.card.as_ref()?.capture_before
    }
}

/// Of the account of a debit, as much as of a card: not its bank, nor where it is.
#[derive(Deserialize)]
struct DebitDetails {
    last4: Option<String>,
}

#[derive(Deserialize)]
struct CardDetails {
    brand: Option<String>,
    last4: Option<String>,
    exp_month: Option<u8>,
    exp_year: Option<u16>,
    capture_before: Option<i64>,
}

impl From<MethodDetails> for MethodSummary {
    fn from(details: MethodDetails) -> Self {
        let (brand, last4, exp_month, exp_year) = match details.card {
            Some(card) => (card.brand, card.last4, card.exp_month, card.exp_year),
            None => (None, details.sepa_debit.and_then(|debit| debit.last4), None, None),
        };
        Self { kind: details.kind, brand, last4, exp_month, exp_year }
    }
}

/// Newest first.
#[derive(Deserialize)]
pub struct RefundList {
    pub data: Vec<RefundObject>,
}

#[derive(Deserialize)]
pub struct RefundObject {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub payment_intent: Option<Reference>,
    pub metadata: Metadata,
    pub status: Option<String>,
    pub failure_reason: Option<String>,
    balance_transaction: Option<Reference>,
}

impl RefundObject {
    /// What was held and not captured is let go of as a refund too. It is none: it moves nothing on our balance.
    pub fn is_release(&self) -> bool {
        self.balance_transaction.is_none() && self.status.as_deref() == Some("succeeded") && self.refund_id().is_none()
    }

    pub fn refund_id(&self) -> Option<RefundId> {
        self.metadata.as_ref()?.get("refund_id")?.parse().ok()
    }
}

#[derive(Deserialize)]
pub struct DisputeObject {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub payment_intent: Option<Reference>,
    pub status: String,
    pub reason: String,
    pub evidence_details: Option<EvidenceDetails>,
    #[serde(default)]
    pub balance_transactions: Vec<DisputeTransaction>,
}

#[derive(Deserialize)]
pub struct EvidenceDetails {
    pub due_by: Option<i64>,
}

/// What the dispute moved on our balance.
#[derive(Deserialize)]
pub struct DisputeTransaction {
    pub fee: i64,
    pub currency: String,
}

#[derive(Deserialize)]
pub struct AccountObject {
    pub id: String,
    #[serde(default)]
    pub details_submitted: bool,
    #[serde(default)]
    pub charges_enabled: bool,
    #[serde(default)]
    pub payouts_enabled: bool,
    pub default_currency: Option<String>,
    #[serde(default)]
    pub capabilities: BTreeMap<String, String>,
    #[serde(default)]
    pub requirements: Requirements,
    pub metadata: Metadata,
}

#[derive(Default, Deserialize)]
pub struct Requirements {
    pub current_deadline: Option<i64>,
    #[serde(default)]
    pub currently_due: Option<Vec<String>>,
    pub disabled_reason: Option<String>,
}

impl AccountObject {
    pub fn company_id(&self) -> Option<CompanyId> {
        self.metadata.as_ref()?.get("company_id")?.parse().ok()
    }
}

#[derive(Deserialize)]
pub struct PayoutObject {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: String,
    pub arrival_date: Option<i64>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub metadata: Metadata,
}

impl PayoutObject {
    pub fn payout_id(&self) -> Option<PayoutId> {
        self.metadata.as_ref()?.get("payout_id")?.parse().ok()
    }
}
