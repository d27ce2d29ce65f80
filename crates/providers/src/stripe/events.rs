//! Stripe's events (<https://docs.stripe.com/api/events/types>) in our words.
//!
//! Only the fields we need are read, by name, so that an event of a neighbouring API version is understood too.

use jiff::Timestamp;
use kernel::Money;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    amounts::from_stripe,
    objects::{ChargeObject, DisputeObject, IntentObject, RefundObject, SessionObject},
    states::{refund_failure, refund_status},
};
use crate::{
    DisputeUpdated, Failure, ParseError, PaymentFailed, PaymentProcessing, PaymentSucceeded, ProviderEvent,
    RefundStatus, RefundUpdated, SessionExpired, VerifiedEvent,
};

/// What is on the outside of a signed body, as far as it can be read.
pub fn envelope(body: &[u8], signed_at: Timestamp) -> VerifiedEvent {
    #[derive(Default, Deserialize)]
    struct Envelope {
        id: Option<String>,
        #[serde(rename = "type")]
        event_type: Option<String>,
        created: Option<i64>,
    }
    let envelope: Envelope = serde_json::from_slice(body).unwrap_or_default();
    let created_at = envelope.created.and_then(|created| Timestamp::from_second(created).ok());
    VerifiedEvent {
        provider_event_id: envelope.id.unwrap_or_else(|| format!("sha256:{}", hex::encode(Sha256::digest(body)))),
        event_type: envelope.event_type.unwrap_or_else(|| "unknown".to_owned()),
        created_at: created_at.unwrap_or(signed_at),
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    event_type: String,
    created: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

pub fn parse(payload: &[u8]) -> Result<ProviderEvent, ParseError> {
    let event: Event = serde_json::from_slice(payload).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let occurred_at =
        Timestamp::from_second(event.created).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let told = Told { event_type: event.event_type, occurred_at };
    let fact = match told.event_type.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            told.session_completed(told.object(event.data)?)
        }
        "checkout.session.async_payment_failed" => told.session_failed(told.object(event.data)?),
        "checkout.session.expired" => told.session_expired(told.object(event.data)?),
        "payment_intent.succeeded" => told.intent_succeeded(told.object(event.data)?),
        "payment_intent.processing" => told.intent_processing(told.object(event.data)?),
        "payment_intent.payment_failed" => told.intent_failed(told.object(event.data)?),
        "charge.succeeded" => told.charge_succeeded(told.object(event.data)?),
        "charge.refunded" => told.charge_refunded(told.object(event.data)?),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            told.refund_updated(told.object(event.data)?)
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => told.dispute_updated(told.object(event.data)?),
        _ => Ok(None),
    };
    Ok(fact?.unwrap_or(ProviderEvent::Ignored { event_type: told.event_type }))
}

/// `None` is an object that is not ours: other payments may live in the same Stripe account.
type Fact = Result<Option<ProviderEvent>, ParseError>;

/// The event around the object.
struct Told {
    event_type: String,
    occurred_at: Timestamp,
}

impl Told {
    fn session_completed(&self, session: SessionObject) -> Fact {
        let (Some(payment_id), Some(intent)) = (session.payment_id(), &session.payment_intent) else { return Ok(None) };
        let session_id = Some(session.id.clone());
        let provider_payment_id = intent.id().to_owned();
        let occurred_at = self.occurred_at;
        Ok(match session.payment_status.as_str() {
            "paid" => Some(ProviderEvent::PaymentSucceeded(PaymentSucceeded {
                session_id,
                payment_id,
                provider_payment_id,
                amount: self.money(session.amount_total, session.currency.as_deref())?,
                method: None,
                occurred_at,
            })),
            "unpaid" => Some(ProviderEvent::PaymentProcessing(PaymentProcessing {
                session_id,
                payment_id,
                provider_payment_id,
                occurred_at,
            })),
            _ => None,
        })
    }

    fn session_failed(&self, session: SessionObject) -> Fact {
        let (Some(payment_id), Some(intent)) = (session.payment_id(), &session.payment_intent) else { return Ok(None) };
        let message = "The bank did not make the payment.".to_owned();
        Ok(Some(ProviderEvent::PaymentFailed(PaymentFailed {
            session_id: Some(session.id.clone()),
            payment_id,
            provider_payment_id: intent.id().to_owned(),
            amount: self.money(session.amount_total, session.currency.as_deref())?,
            failure: Failure { code: "async_payment_failed".to_owned(), message },
            occurred_at: self.occurred_at,
        })))
    }

    fn session_expired(&self, session: SessionObject) -> Fact {
        let expired =
            |payment_id| SessionExpired { session_id: session.id.clone(), payment_id, occurred_at: self.occurred_at };
        Ok(session.payment_id().map(expired).map(ProviderEvent::SessionExpired))
    }

    fn intent_succeeded(&self, intent: IntentObject) -> Fact {
        let Some(payment_id) = intent.payment_id() else { return Ok(None) };
        Ok(Some(ProviderEvent::PaymentSucceeded(PaymentSucceeded {
            session_id: None,
            payment_id,
            amount: self.money(Some(intent.amount_received), Some(&intent.currency))?,
            provider_payment_id: intent.id,
            method: None,
            occurred_at: self.occurred_at,
        })))
    }

    fn intent_processing(&self, intent: IntentObject) -> Fact {
        let Some(payment_id) = intent.payment_id() else { return Ok(None) };
        Ok(Some(ProviderEvent::PaymentProcessing(PaymentProcessing {
            session_id: None,
            payment_id,
            provider_payment_id: intent.id,
            occurred_at: self.occurred_at,
        })))
    }

    fn intent_failed(&self, intent: IntentObject) -> Fact {
        let Some(payment_id) = intent.payment_id() else { return Ok(None) };
        Ok(Some(ProviderEvent::PaymentFailed(PaymentFailed {
            session_id: None,
            payment_id,
            amount: self.money(Some(intent.amount), Some(&intent.currency))?,
            provider_payment_id: intent.id,
            failure: intent.last_payment_error.map_or_else(unexplained, Into::into),
            occurred_at: self.occurred_at,
        })))
    }

    /// The one event that says which card it was. An authorisation only (not captured) is no payment yet.
    fn charge_succeeded(&self, charge: ChargeObject) -> Fact {
        let (Some(payment_id), Some(intent)) = (charge.payment_id(), &charge.payment_intent) else { return Ok(None) };
        if !charge.captured {
            return Ok(None);
        }
        Ok(Some(ProviderEvent::PaymentSucceeded(PaymentSucceeded {
            session_id: None,
            payment_id,
            provider_payment_id: intent.id().to_owned(),
            amount: self.money(Some(charge.amount_captured), Some(&charge.currency))?,
            method: charge.payment_method_details.map(Into::into),
            occurred_at: self.occurred_at,
        })))
    }

    /// Tells a sum, not a refund, unless the refunds are listed in it (older API versions); `refund.created` and
    /// `refund.updated` tell each one.
    fn charge_refunded(&self, charge: ChargeObject) -> Fact {
        match charge.refunds.and_then(|refunds| refunds.data.into_iter().next()) {
            Some(newest) => self.refund_updated(newest),
            None => Ok(None),
        }
    }

    fn refund_updated(&self, refund: RefundObject) -> Fact {
        let Some(intent) = &refund.payment_intent else { return Ok(None) };
        let status = refund_status(refund.status.as_deref());
        let failed = status == RefundStatus::Failed;
        Ok(Some(ProviderEvent::RefundUpdated(RefundUpdated {
            refund_id: refund.refund_id(),
            provider_payment_id: intent.id().to_owned(),
            amount: self.money(Some(refund.amount), Some(&refund.currency))?,
            status,
            failure: failed.then(|| refund_failure(refund.failure_reason.as_deref())),
            provider_refund_id: refund.id,
            occurred_at: self.occurred_at,
        })))
    }

    fn dispute_updated(&self, dispute: DisputeObject) -> Fact {
        let (Some(intent), Some(status)) = (&dispute.payment_intent, dispute.status()) else { return Ok(None) };
        let fee = dispute.balance_transactions.iter().find(|moved| moved.fee > 0);
        let due_by = dispute.evidence_details.as_ref().and_then(|details| details.due_by);
        Ok(Some(ProviderEvent::DisputeUpdated(DisputeUpdated {
            provider_payment_id: intent.id().to_owned(),
            amount: self.money(Some(dispute.amount), Some(&dispute.currency))?,
            fee: fee.and_then(|moved| from_stripe(moved.fee, &moved.currency)),
            status,
            evidence_due_at: due_by.and_then(|second| Timestamp::from_second(second).ok()),
            reason: dispute.reason,
            provider_dispute_id: dispute.id,
            occurred_at: self.occurred_at,
        })))
    }

    fn object<T: DeserializeOwned>(&self, data: Data) -> Result<T, ParseError> {
        serde_json::from_value(data.object).map_err(|error| self.incomplete(error.to_string()))
    }

    fn money(&self, amount: Option<i64>, currency: Option<&str>) -> Result<Money, ParseError> {
        let money = amount.zip(currency).and_then(|(amount, currency)| from_stripe(amount, currency));
        money.ok_or_else(|| self.incomplete(format!("no amount in {amount:?} {currency:?}")))
    }

    fn incomplete(&self, detail: String) -> ParseError {
        ParseError::Incomplete { event_type: self.event_type.clone(), detail }
    }
}

fn unexplained() -> Failure {
    Failure { code: "payment_failed".to_owned(), message: "The payment failed.".to_owned() }
}
