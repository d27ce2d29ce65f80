//! `/v1/checkout/sessions`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::{
    destinations::{self, DestinationParams, TransferData},
    request::{ExpandParams, Get, Post},
};
use crate::{
    payments::{
        Provider,
        holds::CaptureMethod,
        sessions::{Mode, NewSession, session_at},
        settlements::Destination,
        store,
    },
    state::Sandbox,
    stripe::{
        StripeError,
        commands::{Command, Verb},
        expand::expand,
        idempotency,
        lists::{self, ListParams},
        objects,
    },
};

/// What is played of <https://docs.stripe.com/api/checkout/sessions/create>. Parameters about the looks of the page are
/// taken and ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSessionParams {
    mode: String,
    #[serde(default)]
    line_items: Vec<LineItem>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    client_reference_id: Option<String>,
    customer_email: Option<String>,
    customer: Option<String>,
    expires_at: Option<i64>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    payment_intent_data: IntentData,
    #[serde(default)]
    expand: Vec<String>,
    #[serde(default)]
    setup_intent_data: IntentData,
    #[serde(rename = "currency")]
    _currency: Option<String>,
    #[serde(rename = "allowed_payment_method_types")]
    _allowed_payment_method_types: Option<Vec<String>>,
    #[serde(rename = "excluded_payment_method_types")]
    _excluded_payment_method_types: Option<Vec<String>>,
    #[serde(rename = "ui_mode")]
    _ui_mode: Option<String>,
    #[serde(rename = "locale")]
    _locale: Option<String>,
    #[serde(rename = "submit_type")]
    _submit_type: Option<String>,
    #[serde(rename = "payment_method_types")]
    _payment_method_types: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineItem {
    #[serde(default = "one")]
    quantity: i64,
    price_data: PriceData,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceData {
    currency: String,
    unit_amount: i64,
    product_data: ProductData,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductData {
    name: String,
    #[serde(rename = "description")]
    _description: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IntentData {
    description: Option<String>,
    metadata: BTreeMap<String, String>,
    capture_method: Option<String>,
    #[serde(rename = "receipt_email")]
    _receipt_email: Option<String>,
    transfer_data: Option<TransferData>,
    application_fee_amount: Option<i64>,
    on_behalf_of: Option<String>,
    transfer_group: Option<String>,
}

impl IntentData {
    fn destination(&mut self) -> DestinationParams {
        DestinationParams {
            transfer_data: self.transfer_data.take(),
            application_fee_amount: self.application_fee_amount,
            on_behalf_of: self.on_behalf_of.take(),
            transfer_group: self.transfer_group.take(),
        }
    }
}

fn one() -> i64 {
    1
}

pub async fn create_session(
    app: Data<Sandbox>,
    request: Post<CreateSessionParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { mut params, idempotency } = request;
    let expand = params.expand.clone();
    let destination = params.payment_intent_data.destination();
    let new = checked(params, app.clock.now())?;
    let destination = destinations::checked(&app, destination, new.amount).await?;
    let new = NewSession { detail: Destination::into_detail(destination.as_ref()), ..new };
    let verb = Verb::CreateSession(Box::new(new));
    idempotency::run(&app, &idempotency, &Command { verb, expand }).await
}

fn checked(params: CreateSessionParams, now: Timestamp) -> Result<NewSession, StripeError> {
    let mode = match params.mode.as_str() {
        "payment" => Mode::Payment,
        "setup" => Mode::Setup,
        _ => return Err(StripeError::invalid("The sandbox plays sessions with mode payment and setup.").param("mode")),
    };
    if mode == Mode::Setup && params.customer.is_none() {
        return Err(missing("customer"));
    }
    let (amount, currency) = match mode {
        Mode::Setup => (0, "eur".to_owned()),
        Mode::Payment | Mode::Intent => total(&params.line_items)?,
    };
    let intent = if mode == Mode::Setup { params.setup_intent_data } else { params.payment_intent_data };
    let description = params.line_items.iter().map(|item| item.price_data.product_data.name.as_str());
    Ok(NewSession {
        amount,
        currency,
        description: description.collect::<Vec<_>>().join(", "),
        client_reference_id: params.client_reference_id,
        customer_email: params.customer_email,
        success_url: web_address(params.success_url, "success_url")?.ok_or_else(|| missing("success_url"))?,
        cancel_url: web_address(params.cancel_url, "cancel_url")?,
        metadata: json!(params.metadata),
        capture_method: capture_method(intent.capture_method.as_deref())?,
        intent_metadata: json!(intent.metadata),
        intent_description: intent.description,
        expires_at: params.expires_at.map(|at| expiry(at, now)).transpose()?,
        provider: Provider::Stripe,
        detail: json!({}),
        mode,
        customer_id: params.customer,
    })
}

pub fn capture_method(name: Option<&str>) -> Result<CaptureMethod, StripeError> {
    match name {
        None | Some("automatic" | "automatic_async") => Ok(CaptureMethod::Automatic),
        Some("manual") => Ok(CaptureMethod::Manual),
        Some(_) => Err(StripeError::invalid("Invalid capture_method.").param("capture_method")),
    }
}

fn total(items: &[LineItem]) -> Result<(i64, String), StripeError> {
    let first = items.first().ok_or_else(|| missing("line_items"))?;
    let currency = first.price_data.currency.to_lowercase();
    let mut total = 0_i64;
    for item in items {
        if item.price_data.currency.to_lowercase() != currency {
            return Err(StripeError::invalid("All line items must have the same currency.").param("line_items"));
        }
        let amount = item.price_data.unit_amount.checked_mul(item.quantity).filter(|amount| *amount > 0);
        total = amount.and_then(|amount| total.checked_add(amount)).ok_or_else(bad_amount)?;
    }
    let known = currency.to_uppercase().parse::<kernel::Currency>().is_ok();
    if known { Ok((total, currency)) } else { Err(StripeError::invalid("Invalid currency.").param("currency")) }
}

/// Stripe's limits: half an hour to a day from now.
fn expiry(at: i64, now: Timestamp) -> Result<Timestamp, StripeError> {
    let at = Timestamp::from_second(at).ok();
    let allowed = |at: &Timestamp| {
        let ahead = at.duration_since(now);
        // Stripe counts whole seconds.
        ahead > SignedDuration::from_secs(30 * 60 - 1) && ahead <= SignedDuration::from_hours(24)
    };
    at.filter(allowed).ok_or_else(|| {
        let message = "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from now.";
        StripeError::invalid(message).param("expires_at")
    })
}

pub fn web_address(text: Option<String>, param: &str) -> Result<Option<String>, StripeError> {
    let Some(text) = text else { return Ok(None) };
    let scheme = url::Url::parse(&text).ok().map(|url| url.scheme().to_owned());
    match scheme.as_deref() {
        Some("http" | "https") => Ok(Some(text)),
        _ => Err(StripeError::invalid("Not a valid URL.").code("url_invalid").param(param)),
    }
}

pub fn missing(param: &str) -> StripeError {
    StripeError::invalid(format!("Missing required param: {param}.")).code("parameter_missing").param(param)
}

fn bad_amount() -> StripeError {
    StripeError::invalid("Invalid positive integer.").code("parameter_invalid_integer").param("line_items")
}

pub async fn retrieve_session(
    app: Data<Sandbox>,
    id: Path<String>,
    params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let session = session_at(&app, app.clock.now(), &id).await?;
    let mut object = objects::session(&app, &session);
    let mut conn = app.db.conn().await?;
    expand(&app, &mut conn, &mut object, &params.0.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}

pub async fn expire_session(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let command = Command { verb: Verb::ExpireSession(id.into_inner()), expand: request.params.expand };
    idempotency::run(&app, &request.idempotency, &command).await
}

pub async fn list_sessions(app: Data<Sandbox>, params: Get<ListParams>) -> Result<HttpResponse, StripeError> {
    let params = params.0;
    let limit = params.limit()?;
    let mut conn = app.db.conn().await?;
    let (intent, after) = (params.payment_intent.as_deref(), params.starting_after.as_deref());
    let rows = store::list_sessions(&mut conn, intent, after, limit + 1).await?;
    let mut list = lists::page("/v1/checkout/sessions", &rows, limit, |row| objects::session(&app, row));
    expand(&app, &mut conn, &mut list, &params.expand).await?;
    Ok(HttpResponse::Ok().json(list))
}
