//! The parts of PayPal's objects that we write and read.

use kernel::{Money, PaymentId, RefundId};
use serde::{Deserialize, Serialize};

use super::amounts::from_paypal;
use crate::{DisputeStatus, Failure, MethodSummary, PaymentStatus, ProviderError, RefundStatus};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyObject {
    pub currency_code: String,
    pub value: String,
}

impl MoneyObject {
    pub fn readable(&self) -> Result<Money, ProviderError> {
        from_paypal(self).ok_or_else(|| unreadable(&format!("amount {} {}", self.value, self.currency_code)))
    }
}

pub fn unreadable(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("unexpected answer: {what}"))
}

/// <https://developer.paypal.com/api/rest/responses/#link-hateoaslinks>
#[derive(Debug, Deserialize)]
pub struct LinkObject {
    pub href: String,
    pub rel: String,
}

#[derive(Debug, Deserialize)]
pub struct OrderObject {
    pub id: String,
    pub status: Option<String>,
    #[serde(default)]
    pub purchase_units: Vec<UnitObject>,
    #[serde(default)]
    pub links: Vec<LinkObject>,
    /// What the customer pays with: one key, whose value we do not keep.
    pub payment_source: Option<serde_json::Map<String, serde_json::Value>>,
    pub update_time: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct UnitObject {
    pub amount: Option<MoneyObject>,
    pub custom_id: Option<String>,
    pub payments: Option<PaymentsObject>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PaymentsObject {
    pub captures: Vec<CaptureObject>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CaptureObject {
    pub id: String,
    pub status: Option<String>,
    pub amount: Option<MoneyObject>,
    pub custom_id: Option<String>,
    pub status_details: Option<StatusDetails>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct StatusDetails {
    pub reason: Option<String>,
}

impl OrderObject {
    /// Where the customer approves. Orders for a named payment source call it `payer-action`.
    pub fn approval_url(&self) -> Option<&str> {
        let is_approval = |link: &&LinkObject| matches!(link.rel.as_str(), "payer-action" | "approve");
        self.links.iter().find(is_approval).map(|link| link.href.as_str())
    }

    pub fn payment_id(&self) -> Option<PaymentId> {
        self.purchase_units.first()?.custom_id.as_deref()?.parse().ok()
    }

    /// The capture that counts: one with money in it, else the newest.
    pub fn capture(&self) -> Option<&CaptureObject> {
        let captures = &self.purchase_units.first()?.payments.as_ref()?.captures;
        captures.iter().find(|capture| capture.state() == PaymentStatus::Succeeded).or(captures.last())
    }

    pub fn method(&self) -> MethodSummary {
        let source = self.payment_source.as_ref();
        let kind = source.and_then(|source| source.keys().next().cloned()).unwrap_or_else(|| "paypal".to_owned());
        let card = source.and_then(|source| source.get("card"));
        let text = |name: &str| Some(card?.get(name)?.as_str()?.to_owned());
        MethodSummary {
            brand: text("brand").map(|brand| brand.to_ascii_lowercase()),
            last4: text("last_digits"),
            exp_month: None,
            exp_year: None,
            kind,
        }
    }
}

impl CaptureObject {
    pub fn payment_id(&self) -> Option<PaymentId> {
        self.custom_id.as_deref()?.parse().ok()
    }

    pub fn money(&self) -> Option<Money> {
        from_paypal(self.amount.as_ref()?)
    }

    /// A capture that was paid back has been received before.
    pub fn state(&self) -> PaymentStatus {
        match self.status.as_deref() {
            Some("COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED") => PaymentStatus::Succeeded,
            Some("DECLINED" | "FAILED") => PaymentStatus::Failed,
            _ => PaymentStatus::Processing,
        }
    }

    pub fn failure(&self) -> Failure {
        let reason = self.status_details.as_ref().and_then(|details| details.reason.as_deref());
        let code = reason.unwrap_or("capture_declined").to_ascii_lowercase();
        Failure { code, message: "PayPal could not take the payment.".to_owned() }
    }
}

#[derive(Debug, Deserialize)]
pub struct RefundObject {
    pub id: String,
    pub status: Option<String>,
    pub amount: Option<MoneyObject>,
    pub custom_id: Option<String>,
    pub status_details: Option<StatusDetails>,
    #[serde(default)]
    pub links: Vec<LinkObject>,
}

impl RefundObject {
    /// `None` for a refund made in PayPal's dashboard.
    pub fn refund_id(&self) -> Option<RefundId> {
        self.custom_id.as_deref()?.parse().ok()
    }

    /// The capture it pays back stands only in a link.
    pub fn capture_id(&self) -> Option<&str> {
        let up = self.links.iter().find(|link| link.rel == "up")?;
        let id = up.href.rsplit('/').next()?;
        up.href.contains("/captures/").then_some(id)
    }

    pub fn money(&self) -> Option<Money> {
        from_paypal(self.amount.as_ref()?)
    }

    pub fn state(&self) -> RefundStatus {
        match self.status.as_deref() {
            Some("COMPLETED") => RefundStatus::Succeeded,
            Some("FAILED" | "CANCELLED") => RefundStatus::Failed,
            _ => RefundStatus::Pending,
        }
    }

    pub fn failure(&self) -> Option<Failure> {
        let reason = self.status_details.as_ref().and_then(|details| details.reason.as_deref());
        let code = reason.or(self.status.as_deref()).unwrap_or("failed").to_ascii_lowercase();
        let message = "The refund did not reach the customer.".to_owned();
        (self.state() == RefundStatus::Failed).then_some(Failure { code, message })
    }
}

#[derive(Debug, Deserialize)]
pub struct DisputeObject {
    pub dispute_id: String,
    pub reason: Option<String>,
    pub status: Option<String>,
    pub dispute_amount: Option<MoneyObject>,
    pub dispute_outcome: Option<DisputeOutcome>,
    pub seller_response_due_date: Option<jiff::Timestamp>,
    pub update_time: Option<jiff::Timestamp>,
    #[serde(default)]
    pub disputed_transactions: Vec<DisputedTransaction>,
}

#[derive(Debug, Deserialize)]
pub struct DisputeOutcome {
    pub outcome_code: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct DisputedTransaction {
    /// The capture's id.
    pub seller_transaction_id: Option<String>,
}

impl DisputeObject {
    pub fn capture_id(&self) -> Option<&str> {
        self.disputed_transactions.first()?.seller_transaction_id.as_deref()
    }

    pub fn money(&self) -> Option<Money> {
        from_paypal(self.dispute_amount.as_ref()?)
    }

    /// <https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_get>. Resolved in whose favour stands in the
    /// outcome; without a word about it the customer keeps the money.
    pub fn status(&self) -> Option<DisputeStatus> {
        let outcome = self.dispute_outcome.as_ref().and_then(|outcome| outcome.outcome_code.as_deref());
        match (self.status.as_deref()?, outcome) {
            ("RESOLVED", Some("RESOLVED_SELLER_FAVOUR" | "CANCELED_BY_BUYER" | "DENIED" | "RESOLVED_WITH_PAYOUT")) => {
                Some(DisputeStatus::Won)
            }
            ("RESOLVED", _) => Some(DisputeStatus::Lost),
            ("OPEN" | "WAITING_FOR_SELLER_RESPONSE", _) => Some(DisputeStatus::NeedsResponse),
            ("WAITING_FOR_BUYER_RESPONSE" | "UNDER_REVIEW", _) => Some(DisputeStatus::UnderReview),
            _ => None,
        }
    }
}
