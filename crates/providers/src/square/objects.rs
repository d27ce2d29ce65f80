//! The parts of Square's objects that we write and read.

use kernel::{Currency, Money, PaymentId, RefundId};
use serde::{Deserialize, Serialize};

use crate::{DisputeStatus, Failure, MethodSummary, PaymentStatus, ProviderError, RefundStatus};

/// Square's units are the minor units of ISO 4217, like ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MoneyObject {
    pub amount: i64,
    pub currency: String,
}

impl From<Money> for MoneyObject {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency.code().to_owned() }
    }
}

impl MoneyObject {
    /// `None` for a currency that is not in circulation.
    pub fn money(&self) -> Option<Money> {
        let currency: Currency = self.currency.parse().ok()?;
        Some(Money::new(self.amount, currency))
    }

    pub fn readable(&self) -> Result<Money, ProviderError> {
        self.money().ok_or_else(|| unreadable(&format!("amount {} {}", self.amount, self.currency)))
    }
}

pub fn unreadable(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("unexpected answer: {what}"))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ErrorObject {
    pub category: String,
    pub code: String,
    pub detail: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct LinkAnswer {
    pub payment_link: LinkObject,
}

#[derive(Debug, Deserialize)]
pub struct LinkObject {
    pub id: String,
    pub order_id: Option<String>,
    /// Short, and what a customer is sent to.
    pub url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct DeletedLink {
    /// Absent where the order was paid before.
    pub cancelled_order_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct LocationAnswer {
    pub location: LocationObject,
}

#[derive(Debug, Deserialize)]
pub struct LocationObject {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub struct OrderAnswer {
    pub order: OrderObject,
}

#[derive(Debug, Deserialize)]
pub struct OrderObject {
    pub state: Option<String>,
    pub total_money: Option<MoneyObject>,
    #[serde(default)]
    pub tenders: Vec<TenderObject>,
}

#[derive(Debug, Deserialize)]
pub struct TenderObject {
    pub id: Option<String>,
    pub payment_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct PaymentAnswer {
    pub payment: PaymentObject,
}

#[derive(Debug, Deserialize)]
pub struct PaymentObject {
    pub id: String,
    pub status: Option<String>,
    pub amount_money: Option<MoneyObject>,
    pub total_money: Option<MoneyObject>,
    pub source_type: Option<String>,
    pub card_details: Option<CardDetails>,
    pub note: Option<String>,
}

impl PaymentObject {
    pub fn payment_id(&self) -> Option<PaymentId> {
        last_word(self.note.as_deref())?.parse().ok()
    }

    /// With a tip, had we asked for one: what Square holds for us.
    pub fn total(&self) -> Option<Money> {
        self.total_money.as_ref().or(self.amount_money.as_ref())?.money()
    }

    /// <https://developer.squareup.com/docs/payments-api/overview>. `APPROVED` is an authorisation: Square completes it
    /// by itself a moment later.
    pub fn state(&self) -> Option<PaymentStatus> {
        match self.status.as_deref() {
            Some("COMPLETED") => Some(PaymentStatus::Succeeded),
            Some("APPROVED" | "PENDING") => Some(PaymentStatus::Processing),
            Some("FAILED" | "CANCELED") => Some(PaymentStatus::Failed),
            _ => None,
        }
    }

    pub fn failure(&self) -> Failure {
        let told = self.card_details.as_ref().and_then(|details| details.errors.as_ref()?.first());
        match told {
            Some(error) => error.clone().into(),
            None if self.status.as_deref() == Some("CANCELED") => {
                Failure { code: "canceled".to_owned(), message: "The payment was cancelled.".to_owned() }
            }
            None => Failure { code: "payment_failed".to_owned(), message: "The payment failed.".to_owned() },
        }
    }

    pub fn method(&self) -> Option<MethodSummary> {
        let kind = self.source_type.as_deref()?.to_ascii_lowercase();
        let card = self.card_details.as_ref().and_then(|details| details.card.as_ref());
        Some(MethodSummary {
            kind,
            brand: card.and_then(|card| card.card_brand.as_deref().map(str::to_ascii_lowercase)),
            last4: card.and_then(|card| card.last_4.clone()),
            exp_month: card.and_then(|card| card.exp_month),
            exp_year: card.and_then(|card| card.exp_year),
        })
    }
}

#[derive(Debug, Deserialize)]
pub struct CardDetails {
    pub card: Option<CardObject>,
    pub errors: Option<Vec<ErrorObject>>,
}

#[derive(Debug, Deserialize)]
pub struct CardObject {
    card_brand: Option<String>,
    last_4: Option<String>,
    exp_month: Option<u8>,
    exp_year: Option<u16>,
}

#[derive(Debug, Deserialize)]
pub struct RefundAnswer {
    pub refund: RefundObject,
}

#[derive(Debug, Deserialize)]
pub struct RefundObject {
    pub id: String,
    pub status: Option<String>,
    pub amount_money: MoneyObject,
    pub payment_id: Option<String>,
    pub reason: Option<String>,
    pub updated_at: Option<jiff::Timestamp>,
}

impl RefundObject {
    /// `None` for a refund made in Square's dashboard.
    pub fn refund_id(&self) -> Option<RefundId> {
        last_word(self.reason.as_deref())?.parse().ok()
    }

    pub fn state(&self) -> RefundStatus {
        match self.status.as_deref() {
            Some("COMPLETED") => RefundStatus::Succeeded,
            Some("FAILED" | "REJECTED") => RefundStatus::Failed,
            _ => RefundStatus::Pending,
        }
    }

    pub fn failure(&self) -> Option<Failure> {
        let code = self.status.as_deref().unwrap_or_default().to_ascii_lowercase();
        let message = "The refund did not reach the customer.".to_owned();
        (self.state() == RefundStatus::Failed).then_some(Failure { code, message })
    }
}

#[derive(Debug, Deserialize)]
pub struct DisputeObject {
    id: Option<String>,
    /// The older name; newer versions have both.
    dispute_id: Option<String>,
    pub amount_money: MoneyObject,
    pub reason: Option<String>,
    pub state: Option<String>,
    pub due_at: Option<jiff::Timestamp>,
    pub updated_at: Option<jiff::Timestamp>,
    pub disputed_payment: Option<DisputedPayment>,
}

#[derive(Debug, Deserialize)]
pub struct DisputedPayment {
    pub payment_id: Option<String>,
}

impl DisputeObject {
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref().or(self.dispute_id.as_deref())
    }

    /// <https://developer.squareup.com/reference/square/enums/DisputeState>. An inquiry that was closed took nothing.
    pub fn status(&self) -> Option<DisputeStatus> {
        match self.state.as_deref() {
            Some("EVIDENCE_REQUIRED" | "INQUIRY_EVIDENCE_REQUIRED") => Some(DisputeStatus::NeedsResponse),
            Some("PROCESSING" | "INQUIRY_PROCESSING" | "WAITING_THIRD_PARTY") => Some(DisputeStatus::UnderReview),
            Some("WON" | "INQUIRY_CLOSED") => Some(DisputeStatus::Won),
            Some("LOST" | "ACCEPTED") => Some(DisputeStatus::Lost),
            _ => None,
        }
    }
}

/// Texts of ours that Square keeps end with the id they are about.
fn last_word(text: Option<&str>) -> Option<&str> {
    text?.split_whitespace().last()
}
