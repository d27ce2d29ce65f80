//! Stripe's events (<https://docs.stripe.com/api/events/types>) in our words.
//!
//! Only the fields we need are read, by name, so that an event of a neighbouring API version is understood too.

use jiff::Timestamp;
use kernel::{MethodSetupId, Money};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    accounts::currency_of,
    amounts::from_stripe,
    objects::{
        AccountObject, ChargeObject, CustomerObject, DisputeObject, IntentObject, MethodDetails, MethodObject,
        PayoutObject, RefundObject, SessionObject, SetupIntentObject,
    },
    states::{dispute_status, payout_failure, payout_progress, refund_failure, refund_status},
};
use crate::{
    AccountState, AccountUpdated, DefaultChosen, DisputeUpdated, Failure, Held, MethodChanged, ParseError,
    PaymentAuthorized, PaymentCanceled, PaymentFailed, PaymentProcessing, PaymentSucceeded, PayoutProgress,
    PayoutState, PayoutUpdated, ProviderEvent, RefundStatus, RefundUpdated, SessionExpired, SetupMoved, VerifiedEvent,
    token_hash,
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
    /// The connected account it is about; absent for the platform's own.
    account: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
    /// What the fields that changed were before; in events of changes alone.
    #[serde(default)]
    previous_attributes: Value,
}

pub fn parse(payload: &[u8]) -> Result<ProviderEvent, ParseError> {
    let event: Event = serde_json::from_slice(payload).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let occurred_at =
        Timestamp::from_second(event.created).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let told = Told { event_type: event.event_type, account: event.account, occurred_at };
    let fact = match told.event_type.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            told.session_completed(told.object(event.data)?)
        }
        "checkout.session.async_payment_failed" => told.session_failed(told.object(event.data)?),
        "checkout.session.expired" => told.session_expired(told.object(event.data)?),
        "payment_intent.succeeded" => told.intent_succeeded(told.object(event.data)?),
        "payment_intent.processing" => told.intent_processing(told.object(event.data)?),
        "payment_intent.payment_failed" => told.intent_failed(told.object(event.data)?),
        "payment_intent.amount_capturable_updated" => told.intent_held(told.object(event.data)?),
        "payment_intent.canceled" => told.intent_canceled(told.object(event.data)?),
        "charge.succeeded" | "charge.captured" => told.charge_succeeded(told.object(event.data)?),
        "charge.refunded" => told.charge_refunded(told.object(event.data)?),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            told.refund_updated(told.object(event.data)?)
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => told.dispute_updated(told.object(event.data)?),
        "setup_intent.succeeded" | "setup_intent.setup_failed" => told.setup_moved(told.object(event.data)?),
        "payment_method.updated" | "payment_method.automatically_updated" | "payment_method.detached" => {
            told.method_changed(told.object(event.data)?)
        }
        "customer.updated" => told.default_chosen(event.data),
        "account.updated" => told.account_updated(told.object(event.data)?),
        "payout.created" | "payout.updated" | "payout.paid" | "payout.failed" | "payout.canceled" => {
            told.payout_updated(told.object(event.data)?)
        }
        _ => Ok(None),
    };
    Ok(fact?.unwrap_or(ProviderEvent::Ignored { event_type: told.event_type }))
}

/// `None` is an object that is not ours: other payments may live in the same Stripe account.
type Fact = Result<Option<ProviderEvent>, ParseError>;

/// The event around the object.
struct Told {
    event_type: String,
    account: Option<String>,
    occurred_at: Timestamp,
}

impl Told {
    fn session_completed(&self, session: SessionObject) -> Fact {
        if let Some(setup_id) = session.setup_id() {
            return Ok(Some(self.moved(setup_id)));
        }
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
        if let Some(setup_id) = session.setup_id() {
            return Ok(Some(self.moved(setup_id)));
        }
        let expired =
            |payment_id| SessionExpired { session_id: session.id.clone(), payment_id, occurred_at: self.occurred_at };
        Ok(session.payment_id().map(expired).map(ProviderEvent::SessionExpired))
    }

    fn moved(&self, setup_id: MethodSetupId) -> ProviderEvent {
        ProviderEvent::SetupMoved(SetupMoved { setup_id, occurred_at: self.occurred_at })
    }

    fn setup_moved(&self, intent: SetupIntentObject) -> Fact {
        Ok(intent.setup_id().map(|setup_id| self.moved(setup_id)))
    }

    /// Whether the method is one of ours is for the others to know.
    fn method_changed(&self, method: MethodObject) -> Fact {
        let is_gone = self.event_type == "payment_method.detached";
        let now = (!is_gone).then(|| method.details.into());
        Ok(Some(ProviderEvent::MethodChanged(MethodChanged { token_hash: token_hash(&method.id), now })))
    }

    /// Of a customer only the default method matters here, and only to whoever has just chosen it: every other change repeats
    /// it as it was.
    fn default_chosen(&self, data: Data) -> Fact {
        let changed = data.previous_attributes.pointer("/invoice_settings/default_payment_method").is_some();
        let customer: CustomerObject = self.object(data)?;
        let Some(method) = customer.default_method().filter(|_| changed) else { return Ok(None) };
        Ok(Some(ProviderEvent::DefaultChosen(DefaultChosen {
            token_hash: token_hash(method),
            provider_customer_id: customer.id.clone(),
            occurred_at: self.occurred_at,
        })))
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

    fn intent_held(&self, intent: IntentObject) -> Fact {
        let Some(payment_id) = intent.payment_id().filter(|_| intent.amount_capturable > 0) else { return Ok(None) };
        let amount = self.money(Some(intent.amount_capturable), Some(&intent.currency))?;
        Ok(Some(ProviderEvent::PaymentAuthorized(PaymentAuthorized {
            payment_id,
            provider_payment_id: intent.id,
            held: Held { amount, until: None },
            method: None,
            occurred_at: self.occurred_at,
        })))
    }

    fn intent_canceled(&self, intent: IntentObject) -> Fact {
        let canceled = |payment_id| PaymentCanceled {
            payment_id,
            provider_payment_id: intent.id.clone(),
            occurred_at: self.occurred_at,
        };
        Ok(intent.payment_id().map(canceled).map(ProviderEvent::PaymentCanceled))
    }

    /// The one event that says which card it was. What is not captured is held, and no payment yet.
    fn charge_succeeded(&self, charge: ChargeObject) -> Fact {
        let (Some(payment_id), Some(intent)) = (charge.payment_id(), &charge.payment_intent) else { return Ok(None) };
        if !charge.captured {
            let until = charge.payment_method_details.as_ref().and_then(MethodDetails::capture_before);
            let until = until.and_then(|second| Timestamp::from_second(second).ok());
            let held = Held { amount: self.money(Some(charge.amount), Some(&charge.currency))?, until };
            return Ok(Some(ProviderEvent::PaymentAuthorized(PaymentAuthorized {
                payment_id,
                provider_payment_id: intent.id().to_owned(),
                held,
                method: charge.payment_method_details.map(Into::into),
                occurred_at: self.occurred_at,
            })));
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
        let Some(intent) = refund.payment_intent.as_ref().filter(|_| !refund.is_release()) else { return Ok(None) };
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
        let status = dispute_status(&dispute.status);
        let (Some(intent), Some(status)) = (&dispute.payment_intent, status) else { return Ok(None) };
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

    fn account_updated(&self, account: AccountObject) -> Fact {
        let company_id = account.company_id();
        if company_id.is_none() {
            return Ok(None);
        }
        let transfers = account.capabilities.get("transfers");
        let deadline = account.requirements.current_deadline;
        let state = AccountState {
            company_id,
            details_submitted: account.details_submitted,
            charges_enabled: account.charges_enabled,
            transfers_enabled: transfers.is_some_and(|status| status == "active"),
            payouts_enabled: account.payouts_enabled,
            currency: account.default_currency.as_deref().and_then(currency_of),
            requirements_due: account.requirements.currently_due.unwrap_or_default(),
            requirements_due_by: deadline.and_then(|second| Timestamp::from_second(second).ok()),
            disabled_reason: account.requirements.disabled_reason,
            provider_account_id: account.id,
        };
        Ok(Some(ProviderEvent::AccountUpdated(AccountUpdated { state, occurred_at: self.occurred_at })))
    }

    fn payout_updated(&self, payout: PayoutObject) -> Fact {
        let (Some(payout_id), Some(account)) = (payout.payout_id(), &self.account) else { return Ok(None) };
        let progress = payout_progress(&payout.status);
        let failed = progress == PayoutProgress::Failed;
        let failure = failed.then(|| payout_failure(payout.failure_code.as_deref(), payout.failure_message.as_deref()));
        let state = PayoutState {
            amount: self.money(Some(payout.amount), Some(&payout.currency))?,
            progress,
            failure,
            arrives_at: payout.arrival_date.and_then(|second| Timestamp::from_second(second).ok()),
            movement_id: None,
            provider_payout_id: payout.id,
        };
        Ok(Some(ProviderEvent::PayoutUpdated(PayoutUpdated {
            payout_id,
            provider_account_id: Some(account.clone()),
            state,
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

/// A payment intent in an event has the secret by which a client confirms it. Whatever else is there stays, byte for byte in
/// a body that has none.
pub fn without_secrets(payload: &[u8]) -> Vec<u8> {
    let Ok(mut event) = serde_json::from_slice::<Value>(payload) else { return payload.to_vec() };
    if blank_secrets(&mut event) > 0 { event.to_string().into_bytes() } else { payload.to_vec() }
}

/// How many there were.
fn blank_secrets(value: &mut Value) -> usize {
    match value {
        Value::Object(fields) => {
            let secret = fields.get_mut("client_secret").filter(|secret| secret.is_string());
            let found = usize::from(secret.map(|secret| *secret = Value::Null).is_some());
            found + fields.values_mut().map(blank_secrets).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(blank_secrets).sum(),
        _ => 0,
    }
}

fn unexplained() -> Failure {
    Failure { code: "payment_failed".to_owned(), message: "The payment failed.".to_owned() }
}
