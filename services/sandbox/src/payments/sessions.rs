//! Opening and closing sessions.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    payments::{
        PaymentError, Provider, SessionRow, holds::CaptureMethod, methods, paypal_id, provider_id, square_id, store,
        told,
    },
    state::Sandbox,
    webhooks::{self, WebhookPlan},
};

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Something is paid on its page.
    Payment,
    /// A method is given on its page, and nothing paid.
    Setup,
    /// A payment intent without a page; only the bank's page belongs to it.
    Intent,
}

impl Mode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Setup => "setup",
            Self::Intent => "intent",
        }
    }

    /// The database allows no other names.
    pub fn by_name(name: &str) -> Self {
        match name {
            "setup" => Self::Setup,
            "intent" => Self::Intent,
            _ => Self::Payment,
        }
    }
}

/// What the API takes to open a session, checked.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub client_reference_id: Option<String>,
    pub amount: i64,
    pub currency: String,
    pub description: String,
    pub customer_email: Option<String>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub metadata: Value,
    pub intent_metadata: Value,
    pub intent_description: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub provider: Provider,
    pub detail: Value,
    pub mode: Mode,
    pub customer_id: Option<String>,
    pub capture_method: CaptureMethod,
}

/// A Checkout session closes after a day at the latest, an order of PayPal's after some hours; a payment link of
/// Square's never does.
fn lifetime(provider: Provider) -> SignedDuration {
    SignedDuration::from_hours(match provider {
        Provider::Stripe => 24,
        Provider::Square => 24 * 365 * 10,
        Provider::Paypal => 6,
    })
}

pub async fn create_session_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    new: NewSession,
) -> Result<SessionRow, PaymentError> {
    if let Some(customer_id) = &new.customer_id {
        methods::find_customer(conn, customer_id).await?;
    }
    let (id, link_id) = match new.provider {
        Provider::Stripe => (provider_id("cs_test"), None),
        Provider::Square => (square_id(), Some(square_id().to_ascii_uppercase())),
        Provider::Paypal => (paypal_id(), None),
    };
    let row = SessionRow {
        id,
        status: "open".to_owned(),
        client_reference_id: new.client_reference_id,
        amount: new.amount,
        currency: new.currency,
        description: new.description,
        customer_email: new.customer_email,
        success_url: new.success_url,
        cancel_url: new.cancel_url,
        metadata: new.metadata,
        intent_metadata: new.intent_metadata,
        intent_description: new.intent_description,
        intent_id: None,
        created_at: now,
        expires_at: new.expires_at.unwrap_or(now + lifetime(new.provider)),
        provider: new.provider.as_str().to_owned(),
        link_id,
        detail: new.detail,
        webhook_plan: None,
        changed_at: None,
        mode: new.mode.as_str().to_owned(),
        customer_id: new.customer_id,
        capture_method: new.capture_method.as_str().to_owned(),
    };
    store::insert_session(conn, row.clone()).await?;
    Ok(row)
}

/// Closes an open session, whatever its time.
pub async fn expire_session_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    id: &str,
) -> Result<SessionRow, PaymentError> {
    let session =
        store::lock_session(conn, id).await?.ok_or_else(|| PaymentError::not_found("checkout.session", id))?;
    match session.status.as_str() {
        "open" => {}
        "complete" => return Err(PaymentError::SessionComplete),
        _ => return Err(PaymentError::SessionExpired),
    }
    store::save_session(conn, id, "expired", session.intent_id.as_deref()).await?;
    let expired = SessionRow { status: "expired".to_owned(), ..session };
    let told = told::expired(app, &expired);
    webhooks::announce_in_tx(conn, now, expired.provider(), told, &WebhookPlan::default()).await?;
    Ok(expired)
}

/// The session as it is at `now`: one that is due has expired, also when the job has not come by yet.
pub async fn session_at(app: &Sandbox, now: Timestamp, id: &str) -> Result<SessionRow, PaymentError> {
    app.db.transaction(async |conn| session_at_in_tx(app, conn, now, id).await).await
}

async fn session_at_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    id: &str,
) -> Result<SessionRow, PaymentError> {
    let session =
        store::find_session(conn, id).await?.ok_or_else(|| PaymentError::not_found("checkout.session", id))?;
    if session.status != "open" || now < session.expires_at {
        return Ok(session);
    }
    match expire_session_in_tx(app, conn, now, id).await {
        // Somebody paid or closed it between the two looks.
        Err(PaymentError::SessionComplete | PaymentError::SessionExpired) => {
            store::find_session(conn, id).await?.ok_or_else(|| PaymentError::not_found("checkout.session", id))
        }
        other => other,
    }
}

/// Closes every session that is due; one transaction each, so that none holds up the others.
pub async fn expire_due_sessions(app: &Sandbox, now: Timestamp) -> Result<(), PaymentError> {
    let due = {
        let mut conn = app.db.conn().await?;
        store::due_session_ids(&mut conn, now).await?
    };
    for id in due {
        session_at(app, now, &id).await?;
    }
    Ok(())
}
