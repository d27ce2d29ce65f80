//! Refunds. The sandbox pays them back at once, and finds out on request that one did not reach its card.

use ::store::Conn;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    payments::{
        ChargeRow, IntentRow, PaymentError, RefundRow, SessionRow,
        settlements::{GivenBack, decide_return, give_back_in_tx},
        store, told,
    },
    state::Sandbox,
    webhooks::{self, WebhookPlan},
};

/// What the API takes to refund, checked.
#[derive(Debug, Clone)]
pub struct NewRefund {
    pub paid: Paid,
    /// All that is left unless given.
    pub amount: Option<i64>,
    pub reason: Option<String>,
    pub metadata: Value,
    pub given_back: GivenBack,
}

/// What to refund: the caller names either.
#[derive(Debug, Clone)]
pub enum Paid {
    Intent(String),
    Charge(String),
}

pub async fn create_refund_in_tx(conn: &mut Conn, now: Timestamp, new: NewRefund) -> Result<RefundRow, PaymentError> {
    let (intent, mut charge) = lock_paid(conn, &new.paid).await?;
    let session = session_of(conn, &intent).await?;
    let amount = refundable(&charge, new.amount)?;
    let back = decide_return(conn, &charge, (amount, new.given_back)).await?;
    let refund = RefundRow {
        id: session.provider().refund_id(),
        intent_id: intent.id,
        charge_id: charge.id.clone(),
        status: "succeeded".to_owned(),
        amount,
        currency: charge.currency.clone(),
        reason: new.reason,
        metadata: new.metadata,
        created_at: now,
        failed_at: None,
    };
    charge.amount_refunded += amount;
    store::insert_refund(conn, refund.clone()).await?;
    store::save_charge_refunded(conn, &charge.id, charge.amount_refunded).await?;
    if let Some(back) = back {
        give_back_in_tx(conn, back, &refund).await?;
    }
    let told = told::refunded(&session, &charge, &refund);
    webhooks::announce_in_tx(conn, now, session.provider(), told, &WebhookPlan::default()).await?;
    Ok(refund)
}

/// A refund that has gone out comes back: that of the provider's id, or the newest of the platform's payment of that id.
pub async fn fail_refund(app: &Sandbox, id: &str) -> Result<(), PaymentError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| fail_in_tx(conn, now, id).await).await?;
    app.wake_jobs();
    Ok(())
}

async fn fail_in_tx(conn: &mut Conn, now: Timestamp, id: &str) -> Result<(), PaymentError> {
    let missing = || PaymentError::not_found("refund", id);
    let mut refund = store::find_sent_refund(conn, id).await?.ok_or_else(missing)?;
    let intent = store::lock_intent(conn, &refund.intent_id).await?.ok_or_else(missing)?;
    if !store::save_refund_failed(conn, &refund.id, now).await? {
        return Err(missing());
    }
    (refund.status, refund.failed_at) = ("failed".to_owned(), Some(now));
    let charge = find_charge(conn, &refund.charge_id).await?;
    store::save_charge_refunded(conn, &charge.id, charge.amount_refunded - refund.amount).await?;
    let session = session_of(conn, &intent).await?;
    let told = told::refund_failed(&session, &refund);
    webhooks::announce_in_tx(conn, now, session.provider(), told, &WebhookPlan::default()).await?;
    Ok(())
}

/// The intent under lock, which covers its charges.
async fn lock_paid(conn: &mut Conn, paid: &Paid) -> Result<(IntentRow, ChargeRow), PaymentError> {
    let intent_id = match paid {
        Paid::Intent(id) => id.clone(),
        Paid::Charge(id) => find_charge(conn, id).await?.intent_id,
    };
    let missing = || PaymentError::not_found("payment_intent", &intent_id);
    let intent = store::lock_intent(conn, &intent_id).await?.ok_or_else(missing)?;
    match &intent.latest_charge {
        Some(charge_id) if intent.status == "succeeded" => {
            let charge = find_charge(conn, charge_id).await?;
            Ok((intent, charge))
        }
        _ => Err(PaymentError::NotPaid),
    }
}

async fn session_of(conn: &mut Conn, intent: &IntentRow) -> Result<SessionRow, PaymentError> {
    let id = &intent.session_id;
    store::find_session(conn, id).await?.ok_or_else(|| PaymentError::not_found("checkout.session", id))
}

async fn find_charge(conn: &mut Conn, id: &str) -> Result<ChargeRow, PaymentError> {
    store::find_charge(conn, id).await?.ok_or_else(|| PaymentError::not_found("charge", id))
}

/// How much will be paid back, if the charge has as much left.
fn refundable(charge: &ChargeRow, wanted: Option<i64>) -> Result<i64, PaymentError> {
    let left = charge.amount_captured - charge.amount_refunded;
    if left == 0 {
        return Err(PaymentError::AlreadyRefunded { charge: charge.id.clone() });
    }
    let amount = wanted.unwrap_or(left);
    if amount > left { Err(PaymentError::RefundTooLarge { amount, left }) } else { Ok(amount) }
}
