//! What an attempt begins with.

use ::store::Conn;
use jiff::Timestamp;

use super::{Attempt, Timing};
use crate::{
    payments::{IntentRow, PaymentError, SessionRow, provider_id, sessions::Mode, store},
    state::Sandbox,
    webhooks::WebhookPlan,
};

/// A session and its intent, both locked.
pub struct Paying<'a> {
    pub app: &'a Sandbox,
    pub now: Timestamp,
    pub session: SessionRow,
    pub intent: IntentRow,
    pub webhooks: &'a WebhookPlan,
}

/// Locks what somebody attempts to pay; a session has its intent from the first attempt on.
pub async fn begin<'a>(
    app: &'a Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    attempt: Attempt<'a>,
) -> Result<Paying<'a>, PaymentError> {
    let id = attempt.session_id;
    let session =
        store::lock_session(conn, id).await?.ok_or_else(|| PaymentError::not_found("checkout.session", id))?;
    if session.status == "complete" {
        return Err(PaymentError::SessionComplete);
    }
    let closed = session.status == "expired" || now >= session.expires_at;
    // An intent that was given up takes no payment any more, not even one under way.
    if closed && (attempt.timing == Timing::WhileOpen || session.mode() == Mode::Intent) {
        return Err(PaymentError::SessionExpired);
    }
    let intent = match &session.intent_id {
        Some(intent_id) => lock_intent(conn, intent_id).await?,
        None => create_intent(conn, now, &session).await?,
    };
    Ok(Paying { app, now, session, intent, webhooks: attempt.webhooks })
}

pub async fn lock_intent(conn: &mut Conn, id: &str) -> Result<IntentRow, PaymentError> {
    store::lock_intent(conn, id).await?.ok_or_else(|| PaymentError::not_found("payment_intent", id))
}

async fn create_intent(conn: &mut Conn, now: Timestamp, session: &SessionRow) -> Result<IntentRow, PaymentError> {
    let intent = IntentRow {
        id: provider_id(if session.mode() == Mode::Setup { "seti" } else { "pi" }),
        session_id: session.id.clone(),
        status: "requires_payment_method".to_owned(),
        amount: session.amount,
        amount_received: 0,
        currency: session.currency.clone(),
        description: session.intent_description.clone(),
        metadata: session.intent_metadata.clone(),
        latest_charge: None,
        pending_card: None,
        last_error: None,
        created_at: now,
        customer_id: session.customer_id.clone(),
        payment_method_id: None,
        capture_method: session.capture_method.clone(),
        capture_before: None,
        canceled_at: None,
        excluded_methods: None,
        takes_debits: false,
        decided_at: None,
    };
    store::insert_intent(conn, intent.clone()).await?;
    store::save_session(conn, &session.id, &session.status, Some(&intent.id)).await?;
    Ok(intent)
}
