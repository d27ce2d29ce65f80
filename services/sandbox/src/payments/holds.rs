//! Money that is held on a card: captured, given up, or lapsed after a week.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};

use super::{ChargeRow, IntentRow, PaymentError, Provider, methods::cancel_intent_in_tx, store, told};
use crate::{
    state::Sandbox,
    webhooks::{self, WebhookPlan},
};

/// How long banks hold money for what is bought online (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>).
pub const HELD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// When the money of an intent is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMethod {
    Automatic,
    Manual,
}

impl CaptureMethod {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }

    /// The database allows no other names.
    pub fn by_name(name: &str) -> Self {
        match name {
            "manual" => Self::Manual,
            _ => Self::Automatic,
        }
    }
}

/// Takes the given part of what is held, or all of it. The rest is let go of, as Stripe does it: by a refund that moves nothing.
pub async fn capture_intent_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    (id, amount): (&str, Option<i64>),
) -> Result<IntentRow, PaymentError> {
    let (mut intent, mut charge) = lock_held(conn, now, id).await?;
    let amount = amount.unwrap_or(intent.amount);
    if amount > intent.amount {
        return Err(PaymentError::CaptureTooLarge { amount, held: intent.amount });
    }
    (charge.amount_captured, charge.captured_at) = (amount, Some(now));
    intent.status = "succeeded".to_owned();
    intent.amount_received = amount;
    store::save_charge_captured(conn, &charge.id, amount, now).await?;
    store::save_intent(conn, intent.clone()).await?;
    let told = told::captured(app, &intent, &charge, now);
    webhooks::announce_in_tx(conn, now, Provider::Stripe, told, &WebhookPlan::default()).await?;
    Ok(intent)
}

/// The intent under lock, behind its session, and its charge.
async fn lock_held(conn: &mut Conn, now: Timestamp, id: &str) -> Result<(IntentRow, ChargeRow), PaymentError> {
    let missing = || PaymentError::not_found("payment_intent", id);
    let (intent, _) = store::lock_intent_and_session(conn, id).await?.ok_or_else(missing)?;
    let is_held = intent.status == "requires_capture" && intent.capture_before.is_some_and(|until| now < until);
    let charge_id = intent.latest_charge.as_deref().filter(|_| is_held).ok_or(PaymentError::UnexpectedState)?;
    let charge = store::find_charge(conn, charge_id).await?.ok_or_else(missing)?;
    Ok((intent, charge))
}

pub async fn next_lapse(app: &Sandbox) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_lapse(&mut conn).await?)
}

/// What nobody has captured in time is free again.
pub async fn lapse_due(app: &Sandbox, now: Timestamp) -> anyhow::Result<()> {
    let due = {
        let mut conn = app.db.conn().await?;
        store::due_hold_ids(&mut conn, now).await?
    };
    for id in &due {
        match app.db.transaction(async |conn| cancel_intent_in_tx(app, conn, now, id).await).await {
            // Captured or given up between the two looks.
            Ok(_) | Err(PaymentError::UnexpectedState) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if !due.is_empty() {
        app.wake_jobs();
    }
    Ok(())
}
