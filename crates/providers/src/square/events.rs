//! Square's events (<https://developer.squareup.com/reference/square/webhooks>) in our words.

use jiff::Timestamp;
use kernel::Money;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::objects::{DisputeObject, PaymentObject, RefundObject};
use crate::{
    DisputeUpdated, ParseError, PaymentFailed, PaymentProcessing, PaymentStatus, PaymentSucceeded, ProviderEvent,
    RefundUpdated, VerifiedEvent,
};

/// What is on the outside of a signed body, as far as it can be read.
pub fn envelope(body: &[u8], received_at: Timestamp) -> VerifiedEvent {
    #[derive(Default, Deserialize)]
    struct Envelope {
        event_id: Option<String>,
        #[serde(rename = "type")]
        event_type: Option<String>,
        created_at: Option<String>,
    }
    let envelope: Envelope = serde_json::from_slice(body).unwrap_or_default();
    let created_at = envelope.created_at.and_then(|created| created.parse().ok());
    VerifiedEvent {
        provider_event_id: envelope.event_id.unwrap_or_else(|| format!("sha256:{}", hex::encode(Sha256::digest(body)))),
        event_type: envelope.event_type.unwrap_or_else(|| "unknown".to_owned()),
        created_at: created_at.unwrap_or(received_at),
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    event_type: String,
    created_at: Timestamp,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    object: Value,
}

pub fn parse(payload: &[u8]) -> Result<ProviderEvent, ParseError> {
    let event: Event = serde_json::from_slice(payload).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let told = Told { event_type: event.event_type, occurred_at: event.created_at };
    let fact = match told.event_type.as_str() {
        "payment.created" | "payment.updated" => told.payment(told.object(event.data, "payment")?)?,
        "refund.created" | "refund.updated" => told.refund(told.object(event.data, "refund")?)?,
        "dispute.created" | "dispute.state.updated" => told.dispute(told.object(event.data, "dispute")?)?,
        _ => None,
    };
    Ok(fact.unwrap_or(ProviderEvent::Ignored { event_type: told.event_type }))
}

/// What an event at that instant would tell of a refund that was listed.
pub fn told_of_refund(refund: RefundObject, occurred_at: Timestamp) -> Result<Option<ProviderEvent>, ParseError> {
    Told { event_type: "a listed refund".to_owned(), occurred_at }.refund(refund)
}

/// The same of a dispute.
pub fn told_of_dispute(dispute: DisputeObject, occurred_at: Timestamp) -> Result<Option<ProviderEvent>, ParseError> {
    Told { event_type: "a listed dispute".to_owned(), occurred_at }.dispute(dispute)
}

/// The event around the object.
struct Told {
    event_type: String,
    occurred_at: Timestamp,
}

impl Told {
    /// `None` is a payment that is not ours: the account may have a till in a shop too.
    fn payment(&self, payment: PaymentObject) -> Result<Option<ProviderEvent>, ParseError> {
        let Some(payment_id) = payment.payment_id() else { return Ok(None) };
        let (provider_payment_id, occurred_at) = (payment.id.clone(), self.occurred_at);
        Ok(match payment.state() {
            Some(PaymentStatus::Succeeded) => Some(ProviderEvent::PaymentSucceeded(PaymentSucceeded {
                session_id: None,
                payment_id,
                provider_payment_id,
                amount: self.amount(payment.total())?,
                method: payment.method(),
                occurred_at,
            })),
            Some(PaymentStatus::Processing) => Some(ProviderEvent::PaymentProcessing(PaymentProcessing {
                session_id: None,
                payment_id,
                provider_payment_id,
                occurred_at,
            })),
            Some(PaymentStatus::Failed) => Some(ProviderEvent::PaymentFailed(PaymentFailed {
                session_id: None,
                payment_id,
                provider_payment_id,
                amount: self.amount(payment.total())?,
                failure: payment.failure(),
                occurred_at,
            })),
            _ => None,
        })
    }

    fn refund(&self, refund: RefundObject) -> Result<Option<ProviderEvent>, ParseError> {
        let Some(provider_payment_id) = refund.payment_id.clone() else { return Ok(None) };
        Ok(Some(ProviderEvent::RefundUpdated(RefundUpdated {
            refund_id: refund.refund_id(),
            provider_payment_id,
            amount: self.amount(refund.amount_money.money())?,
            status: refund.state(),
            failure: refund.failure(),
            provider_refund_id: refund.id,
            occurred_at: self.occurred_at,
        })))
    }

    fn dispute(&self, dispute: DisputeObject) -> Result<Option<ProviderEvent>, ParseError> {
        let (id, status) = (dispute.id().map(str::to_owned), dispute.status());
        let payment = dispute.disputed_payment.and_then(|payment| payment.payment_id);
        let (Some(provider_dispute_id), Some(provider_payment_id), Some(status)) = (id, payment, status) else {
            return Ok(None);
        };
        Ok(Some(ProviderEvent::DisputeUpdated(DisputeUpdated {
            provider_payment_id,
            amount: self.amount(dispute.amount_money.money())?,
            // Square takes none.
            fee: None,
            status,
            reason: dispute.reason.as_deref().unwrap_or("unknown").to_ascii_lowercase(),
            evidence_due_at: dispute.due_at,
            provider_dispute_id,
            occurred_at: self.occurred_at,
        })))
    }

    /// Square puts the object under its own name.
    fn object<T: DeserializeOwned>(&self, mut data: Data, name: &str) -> Result<T, ParseError> {
        let object = data.object.get_mut(name).map(Value::take).unwrap_or_default();
        serde_json::from_value(object).map_err(|error| self.incomplete(error.to_string()))
    }

    fn amount(&self, money: Option<Money>) -> Result<Money, ParseError> {
        money.ok_or_else(|| self.incomplete("no readable amount".to_owned()))
    }

    fn incomplete(&self, detail: String) -> ParseError {
        ParseError::Incomplete { event_type: self.event_type.clone(), detail }
    }
}
