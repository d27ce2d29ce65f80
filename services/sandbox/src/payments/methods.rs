//! Customers, the cards they have saved, and charging those without a page.

use ::store::Conn;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    IntentRow, Outcome, PaymentError, Provider, SessionRow,
    attempts::{self, Presence, SavedCard},
    cards::Card,
    holds::CaptureMethod,
    provider_id,
    sessions::Mode,
    settlements::Destination,
    store, told,
};
use crate::{
    schema::{customers, payment_methods},
    state::Sandbox,
    webhooks::{self, WebhookPlan},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = customers)]
pub struct CustomerRow {
    pub id: String,
    pub email: Option<String>,
    pub metadata: Value,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
    pub default_method: Option<String>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = payment_methods)]
pub struct MethodRow {
    pub id: String,
    pub customer_id: Option<String>,
    pub card: String,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

pub async fn create_customer_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    email: Option<String>,
    metadata: Value,
) -> Result<CustomerRow, PaymentError> {
    let row = CustomerRow { id: provider_id("cus"), email, metadata, created_at: now, default_method: None };
    let insert = diesel::insert_into(customers::table).values(row.clone());
    insert.execute(conn).await.map_err(::store::Error::from)?;
    Ok(row)
}

pub async fn find_customer(conn: &mut Conn, id: &str) -> Result<CustomerRow, PaymentError> {
    let row = customers::table.find(id).select(CustomerRow::as_select()).first(conn).await.optional();
    row.map_err(::store::Error::from)?.ok_or_else(|| PaymentError::not_found("customer", id))
}

/// What is to be another; what is not given stays.
#[derive(Debug, Clone)]
pub struct CustomerChange {
    pub email: Option<String>,
    /// One of the customer's cards.
    pub default_method: Option<String>,
}

/// A customer that is as it is to be already tells nothing.
pub async fn update_customer_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    id: &str,
    change: &CustomerChange,
) -> Result<CustomerRow, PaymentError> {
    let before = find_customer(conn, id).await?;
    let mut after = before.clone();
    let mut changed = serde_json::Map::new();
    if let Some(email) = change.email.clone().filter(|email| before.email.as_ref() != Some(email)) {
        after.email = Some(email);
        changed.insert("email".to_owned(), json!(before.email));
    }
    if let Some(method_id) = change.default_method.clone().filter(|id| before.default_method.as_ref() != Some(id)) {
        let method = find_method(conn, &method_id).await?;
        if method.is_none_or(|method| method.customer_id.as_deref() != Some(id)) {
            return Err(PaymentError::NotAttached);
        }
        after.default_method = Some(method_id);
        changed.insert("invoice_settings".to_owned(), json!({"default_payment_method": before.default_method}));
    }
    if !changed.is_empty() {
        save_customer(conn, &after).await?;
        webhooks::announce_change_in_tx(conn, now, told::customer_changed(&after), changed.into()).await?;
    }
    Ok(after)
}

async fn save_customer(conn: &mut Conn, customer: &CustomerRow) -> Result<(), PaymentError> {
    let update = diesel::update(customers::table.find(&customer.id))
        .set((customers::email.eq(&customer.email), customers::default_method.eq(&customer.default_method)));
    update.execute(conn).await.map_err(::store::Error::from)?;
    Ok(())
}

/// Its cards belong to nobody then, and are told to be detached.
pub async fn delete_customer_in_tx(conn: &mut Conn, now: Timestamp, id: &str) -> Result<(), PaymentError> {
    find_customer(conn, id).await?;
    let theirs = list_methods(conn, id).await?;
    let delete = diesel::delete(customers::table.find(id));
    delete.execute(conn).await.map_err(::store::Error::from)?;
    for method in theirs {
        tell_detached(conn, now, method).await?;
    }
    Ok(())
}

pub async fn insert_method(conn: &mut Conn, row: MethodRow) -> Result<(), PaymentError> {
    let insert = diesel::insert_into(payment_methods::table).values(row);
    insert.execute(conn).await.map_err(::store::Error::from)?;
    Ok(())
}

pub async fn find_method(conn: &mut Conn, id: &str) -> Result<Option<MethodRow>, ::store::Error> {
    let row = payment_methods::table.find(id).select(MethodRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

/// A customer's cards, oldest first.
pub async fn list_methods(conn: &mut Conn, customer_id: &str) -> Result<Vec<MethodRow>, ::store::Error> {
    Ok(payment_methods::table
        .filter(payment_methods::customer_id.eq(customer_id))
        .order((payment_methods::created_at, payment_methods::id))
        .select(MethodRow::as_select())
        .load(conn)
        .await?)
}

pub async fn detach_method_in_tx(conn: &mut Conn, now: Timestamp, id: &str) -> Result<MethodRow, PaymentError> {
    let method = find_method(conn, id).await?.ok_or_else(|| PaymentError::not_found("PaymentMethod", id))?;
    if method.customer_id.is_none() {
        return Err(PaymentError::NotAttached);
    }
    let update = diesel::update(payment_methods::table.find(id)).set(payment_methods::customer_id.eq(None::<String>));
    update.execute(conn).await.map_err(::store::Error::from)?;
    let of_whom = customers::table.filter(customers::default_method.eq(id));
    let no_default = diesel::update(of_whom).set(customers::default_method.eq(None::<String>));
    no_default.execute(conn).await.map_err(::store::Error::from)?;
    tell_detached(conn, now, method).await
}

async fn tell_detached(conn: &mut Conn, now: Timestamp, method: MethodRow) -> Result<MethodRow, PaymentError> {
    let method = MethodRow { customer_id: None, ..method };
    let told = told::detached(&method);
    webhooks::announce_in_tx(conn, now, Provider::Stripe, told, &WebhookPlan::default()).await?;
    Ok(method)
}

/// What the API takes to make an intent, checked.
#[derive(Debug, Clone)]
pub struct NewIntent {
    pub amount: i64,
    pub currency: String,
    pub customer_id: Option<String>,
    /// A saved card; none where a client gives one when it confirms.
    pub payment_method_id: Option<String>,
    pub description: Option<String>,
    pub metadata: Value,
    pub capture_method: CaptureMethod,
    /// By what it cannot be paid, as the platform has named it.
    pub excluded_methods: Option<Vec<String>>,
    pub takes_debits: bool,
    pub destination: Option<Destination>,
}

/// Longer than anybody waits for it: an intent has no end of its own.
const NEVER: SignedDuration = SignedDuration::from_hours(24 * 365 * 10);

/// An intent that nothing is taken for until it is confirmed.
pub async fn create_intent_in_tx(conn: &mut Conn, now: Timestamp, new: NewIntent) -> Result<IntentRow, PaymentError> {
    if let Some(method_id) = &new.payment_method_id {
        let method = find_method(conn, method_id).await?;
        let method = method.ok_or_else(|| PaymentError::not_found("PaymentMethod", method_id))?;
        if method.customer_id.is_none() || method.customer_id != new.customer_id {
            return Err(PaymentError::NotAttached);
        }
    }
    let status = if new.payment_method_id.is_some() { "requires_confirmation" } else { UNPAID };
    let intent_id = provider_id("pi");
    let session = SessionRow {
        id: provider_id("cs_test"),
        status: "open".to_owned(),
        client_reference_id: new.metadata.get("payment_id").and_then(Value::as_str).map(str::to_owned),
        amount: new.amount,
        currency: new.currency.clone(),
        description: new.description.clone().unwrap_or_default(),
        customer_email: None,
        success_url: String::new(),
        cancel_url: None,
        metadata: json!({}),
        intent_metadata: new.metadata.clone(),
        intent_description: new.description.clone(),
        intent_id: Some(intent_id.clone()),
        created_at: now,
        expires_at: now + NEVER,
        provider: Provider::Stripe.as_str().to_owned(),
        link_id: None,
        detail: Destination::into_detail(new.destination.as_ref()),
        webhook_plan: None,
        changed_at: None,
        mode: Mode::Intent.as_str().to_owned(),
        customer_id: new.customer_id.clone(),
        capture_method: new.capture_method.as_str().to_owned(),
    };
    let intent = IntentRow {
        id: intent_id,
        session_id: session.id.clone(),
        status: status.to_owned(),
        amount: new.amount,
        amount_received: 0,
        currency: new.currency,
        description: new.description,
        metadata: new.metadata,
        latest_charge: None,
        pending_card: None,
        last_error: None,
        created_at: now,
        customer_id: new.customer_id,
        payment_method_id: new.payment_method_id,
        capture_method: new.capture_method.as_str().to_owned(),
        capture_before: None,
        canceled_at: None,
        excluded_methods: new.excluded_methods.map(Value::from),
        takes_debits: new.takes_debits,
        decided_at: None,
    };
    store::insert_session(conn, session).await?;
    store::insert_intent(conn, intent.clone()).await?;
    Ok(intent)
}

/// Charges the saved card. A decline is an outcome: what has been recorded of it stays.
pub async fn confirm_intent_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    (id, presence, return_url): (&str, Presence, Option<&str>),
) -> Result<(IntentRow, Outcome), PaymentError> {
    let intent = find_direct(conn, id).await?;
    if intent.status != "requires_confirmation" {
        return Err(PaymentError::UnexpectedState);
    }
    let method = find_method(conn, intent.payment_method_id.as_deref().unwrap_or_default()).await?;
    let method = method.filter(|method| method.customer_id.is_some()).ok_or(PaymentError::NotAttached)?;
    let card = Card::by_name(&method.card).ok_or(PaymentError::NotAttached)?;
    if let Some(url) = return_url {
        store::save_success_url(conn, &intent.session_id, url).await?;
    }
    let saved = SavedCard { session_id: &intent.session_id, card, presence };
    let outcome = attempts::charge_in_tx(app, conn, now, saved).await?;
    let after = store::find_intent(conn, id).await?.ok_or_else(|| PaymentError::not_found("payment_intent", id))?;
    Ok((after, outcome))
}

/// A client confirms an intent with the card that its customer has typed there; without one where the number is none of the
/// sandbox's. A decline leaves it to be confirmed anew.
pub async fn confirm_by_client_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    (id, card, return_url): (&str, Option<&'static Card>, Option<&str>),
) -> Result<(IntentRow, Outcome), PaymentError> {
    let intent = find_direct(conn, id).await?;
    let waits = intent.payment_method_id.is_none() && matches!(intent.status.as_str(), UNPAID | "requires_action");
    if !waits {
        return Err(PaymentError::UnexpectedState);
    }
    if let Some(url) = return_url {
        store::save_success_url(conn, &intent.session_id, url).await?;
    }
    let outcome = attempts::confirm_in_tx(app, conn, now, &intent.session_id, card).await?;
    let after = store::find_intent(conn, id).await?.ok_or_else(|| PaymentError::not_found("payment_intent", id))?;
    Ok((after, outcome))
}

/// Gives up an intent that has taken nothing.
pub async fn cancel_intent_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    id: &str,
) -> Result<IntentRow, PaymentError> {
    let mut intent = find_direct(conn, id).await?;
    if matches!(intent.status.as_str(), "processing" | "succeeded" | "canceled") {
        return Err(PaymentError::UnexpectedState);
    }
    // A hold was complete before it was given up.
    if intent.status != HELD {
        store::save_session(conn, &intent.session_id, "expired", Some(id)).await?;
    }
    intent.status = "canceled".to_owned();
    intent.canceled_at = Some(now);
    intent.pending_card = None;
    store::save_intent(conn, intent.clone()).await?;
    let told = told::cancelled(app, &intent);
    webhooks::announce_in_tx(conn, now, Provider::Stripe, told, &WebhookPlan::default()).await?;
    Ok(intent)
}

const HELD: &str = "requires_capture";
pub const UNPAID: &str = "requires_payment_method";

/// An intent without a page, or one that nobody can pay on its page any more, locked behind its session.
pub async fn find_direct(conn: &mut Conn, id: &str) -> Result<IntentRow, PaymentError> {
    let found = store::lock_intent_and_session(conn, id).await?;
    let (intent, session) = found.ok_or_else(|| PaymentError::not_found("payment_intent", id))?;
    let is_direct = session.mode() == Mode::Intent || intent.status == HELD;
    if is_direct { Ok(intent) } else { Err(PaymentError::UnexpectedState) }
}
