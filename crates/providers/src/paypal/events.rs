//! PayPal's events (<https://developer.paypal.com/api/rest/webhooks/event-names/>) in our words.

use jiff::Timestamp;
use kernel::{Money, PayoutId};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    batches::{BatchObject, ItemObject},
    objects::{CaptureObject, DisputeObject, OrderObject, RefundObject},
};
use crate::{
    DisputeUpdated, ParseError, PaymentFailed, PaymentProcessing, PaymentSucceeded, PayoutState, PayoutUpdated,
    ProviderEvent, RefundUpdated, SessionApproved, SessionExpired, VerifiedEvent,
};

/// What is on the outside of a signed body, as far as it can be read.
pub fn envelope(body: &[u8], signed_at: Timestamp) -> VerifiedEvent {
    #[derive(Default, Deserialize)]
    struct Envelope {
        id: Option<String>,
        event_type: Option<String>,
        create_time: Option<String>,
    }
    let envelope: Envelope = serde_json::from_slice(body).unwrap_or_default();
    let created_at = envelope.create_time.and_then(|created| created.parse().ok());
    VerifiedEvent {
        provider_event_id: envelope.id.unwrap_or_else(|| format!("sha256:{}", hex::encode(Sha256::digest(body)))),
        event_type: envelope.event_type.unwrap_or_else(|| "unknown".to_owned()),
        created_at: created_at.unwrap_or(signed_at),
    }
}

#[derive(Deserialize)]
struct Event {
    event_type: String,
    create_time: Timestamp,
    resource: Value,
}

pub fn parse(payload: &[u8]) -> Result<ProviderEvent, ParseError> {
    let event: Event = serde_json::from_slice(payload).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let told = Told { event_type: event.event_type, occurred_at: event.create_time };
    let fact = match told.event_type.as_str() {
        "CHECKOUT.ORDER.APPROVED" => told.order_approved(&told.object(event.resource)?),
        "CHECKOUT.ORDER.VOIDED" | "CHECKOUT.PAYMENT-APPROVAL.REVERSED" => {
            told.order_given_up(&told.object(event.resource)?)
        }
        "PAYMENT.CAPTURE.COMPLETED" => told.capture_completed(told.object(event.resource)?)?,
        "PAYMENT.CAPTURE.PENDING" => told.capture_pending(told.object(event.resource)?),
        "PAYMENT.CAPTURE.DENIED" | "PAYMENT.CAPTURE.DECLINED" => told.capture_failed(told.object(event.resource)?)?,
        // The second is the bank's or PayPal's own doing, and pays back all the same.
        "PAYMENT.CAPTURE.REFUNDED"
        | "PAYMENT.CAPTURE.REVERSED"
        | "PAYMENT.REFUND.PENDING"
        | "PAYMENT.REFUND.FAILED" => told.refund_updated(told.object(event.resource)?)?,
        "CUSTOMER.DISPUTE.CREATED" | "CUSTOMER.DISPUTE.UPDATED" | "CUSTOMER.DISPUTE.RESOLVED" => {
            told.dispute_updated(told.object(event.resource)?)?
        }
        // Its items are told of one by one, but for a batch that is turned down as a whole.
        "PAYMENT.PAYOUTSBATCH.DENIED" => {
            let BatchObject { batch_header, .. } = told.object(event.resource)?;
            told.payout_updated(batch_header.payout_id(), batch_header.state())?
        }
        item if item.starts_with("PAYMENT.PAYOUTS-ITEM.") => {
            let item: ItemObject = told.object(event.resource)?;
            told.payout_updated(item.payout_id(), item.state())?
        }
        _ => None,
    };
    Ok(fact.unwrap_or(ProviderEvent::Ignored { event_type: told.event_type }))
}

/// What a dispute tells as of an instant, wherever it was found; nothing of one about no payment.
pub fn told_of_dispute(dispute: DisputeObject, occurred_at: Timestamp) -> Result<Option<ProviderEvent>, ParseError> {
    Told { event_type: "CUSTOMER.DISPUTE".to_owned(), occurred_at }.dispute_updated(dispute)
}

/// The event around the object.
struct Told {
    event_type: String,
    occurred_at: Timestamp,
}

/// Each answers `None` for an object that is not ours: other payments may live in the same PayPal account.
impl Told {
    fn order_approved(&self, order: &OrderObject) -> Option<ProviderEvent> {
        Some(ProviderEvent::SessionApproved(SessionApproved {
            session_id: order.id.clone(),
            payment_id: order.payment_id()?,
            occurred_at: self.occurred_at,
        }))
    }

    fn order_given_up(&self, order: &OrderObject) -> Option<ProviderEvent> {
        Some(ProviderEvent::SessionExpired(SessionExpired {
            session_id: order.id.clone(),
            payment_id: order.payment_id()?,
            occurred_at: self.occurred_at,
        }))
    }

    fn capture_completed(&self, capture: CaptureObject) -> Result<Option<ProviderEvent>, ParseError> {
        let Some(payment_id) = capture.payment_id() else { return Ok(None) };
        Ok(Some(ProviderEvent::PaymentSucceeded(PaymentSucceeded {
            session_id: None,
            payment_id,
            amount: self.amount(capture.money())?,
            provider_payment_id: capture.id,
            method: None,
            occurred_at: self.occurred_at,
        })))
    }

    fn capture_pending(&self, capture: CaptureObject) -> Option<ProviderEvent> {
        Some(ProviderEvent::PaymentProcessing(PaymentProcessing {
            session_id: None,
            payment_id: capture.payment_id()?,
            provider_payment_id: capture.id,
            occurred_at: self.occurred_at,
        }))
    }

    fn capture_failed(&self, capture: CaptureObject) -> Result<Option<ProviderEvent>, ParseError> {
        let Some(payment_id) = capture.payment_id() else { return Ok(None) };
        Ok(Some(ProviderEvent::PaymentFailed(PaymentFailed {
            session_id: None,
            payment_id,
            amount: self.amount(capture.money())?,
            failure: capture.failure(),
            provider_payment_id: capture.id,
            occurred_at: self.occurred_at,
        })))
    }

    fn refund_updated(&self, refund: RefundObject) -> Result<Option<ProviderEvent>, ParseError> {
        let Some(provider_payment_id) = refund.capture_id().map(str::to_owned) else { return Ok(None) };
        Ok(Some(ProviderEvent::RefundUpdated(RefundUpdated {
            refund_id: refund.refund_id(),
            provider_payment_id,
            amount: self.amount(refund.money())?,
            status: refund.state(),
            failure: refund.failure(),
            provider_refund_id: refund.id,
            occurred_at: self.occurred_at,
        })))
    }

    fn dispute_updated(&self, dispute: DisputeObject) -> Result<Option<ProviderEvent>, ParseError> {
        let capture = dispute.capture_id().map(str::to_owned);
        let (Some(provider_payment_id), Some(status)) = (capture, dispute.status()) else { return Ok(None) };
        Ok(Some(ProviderEvent::DisputeUpdated(DisputeUpdated {
            provider_payment_id,
            amount: self.amount(dispute.money())?,
            fee: None,
            status,
            reason: dispute.reason.as_deref().unwrap_or("unknown").to_ascii_lowercase(),
            evidence_due_at: dispute.seller_response_due_date,
            provider_dispute_id: dispute.dispute_id,
            occurred_at: self.occurred_at,
        })))
    }

    fn payout_updated(
        &self,
        payout_id: Option<PayoutId>,
        state: Option<PayoutState>,
    ) -> Result<Option<ProviderEvent>, ParseError> {
        let Some(payout_id) = payout_id else { return Ok(None) };
        Ok(Some(ProviderEvent::PayoutUpdated(PayoutUpdated {
            payout_id,
            provider_account_id: None,
            state: state.ok_or_else(|| self.incomplete("no readable amount".to_owned()))?,
            occurred_at: self.occurred_at,
        })))
    }

    fn object<T: DeserializeOwned>(&self, resource: Value) -> Result<T, ParseError> {
        serde_json::from_value(resource).map_err(|error| self.incomplete(error.to_string()))
    }

    fn amount(&self, money: Option<Money>) -> Result<Money, ParseError> {
        money.ok_or_else(|| self.incomplete("no readable amount".to_owned()))
    }

    fn incomplete(&self, detail: String) -> ParseError {
        ParseError::Incomplete { event_type: self.event_type.clone(), detail }
    }
}
