//! Disputes: opened by a card that is made for it, and decided on request.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};

use crate::{
    payments::{
        ChargeRow, DisputeRow, PaymentError, Provider, SessionRow, paypal_id, provider_id, square_id, store, told,
    },
    state::Sandbox,
    webhooks::{self, WebhookPlan},
};

/// How long the platform may send evidence.
const EVIDENCE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who gets the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Won,
    Lost,
}

/// The customer goes to the bank; the provider takes the money until it is decided.
pub async fn open_dispute_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    session: &SessionRow,
    charge: &ChargeRow,
) -> Result<DisputeRow, PaymentError> {
    let id = match session.provider() {
        Provider::Stripe => provider_id("dp"),
        Provider::Square => square_id(),
        Provider::Paypal => format!("PP-D-{}", paypal_id()),
    };
    let dispute = DisputeRow {
        id,
        charge_id: charge.id.clone(),
        status: "needs_response".to_owned(),
        amount: charge.amount,
        currency: charge.currency.clone(),
        due_by: now + EVIDENCE,
        created_at: now,
        decided_at: None,
    };
    store::insert_dispute(conn, dispute.clone()).await?;
    Ok(dispute)
}

/// Decides the dispute of that id, or the one about the newest payment of the platform's payment of that id.
pub async fn decide_dispute(app: &Sandbox, id: &str, verdict: Verdict) -> Result<(), PaymentError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| decide_in_tx(conn, now, id, verdict).await).await?;
    app.wake_jobs();
    Ok(())
}

async fn decide_in_tx(conn: &mut Conn, now: Timestamp, id: &str, verdict: Verdict) -> Result<(), PaymentError> {
    let missing = || PaymentError::not_found("dispute", id);
    let mut dispute = store::lock_dispute(conn, id).await?.ok_or_else(missing)?;
    if dispute.status != "needs_response" {
        return Err(PaymentError::AlreadyDecided);
    }
    dispute.status = if verdict == Verdict::Won { "won" } else { "lost" }.to_owned();
    store::decide_dispute(conn, &dispute.id, &dispute.status, now).await?;
    let charge = store::find_charge(conn, &dispute.charge_id).await?.ok_or_else(missing)?;
    let intent = store::find_intent(conn, &charge.intent_id).await?.ok_or_else(missing)?;
    let session = store::find_session(conn, &intent.session_id).await?.ok_or_else(missing)?;
    let told = told::dispute_decided(&charge, &dispute, session.provider(), now);
    webhooks::announce_in_tx(conn, now, session.provider(), told, &WebhookPlan::default()).await?;
    Ok(())
}
