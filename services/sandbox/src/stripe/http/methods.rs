//! `/v1/customers`, `/v1/payment_methods`, and payment intents that are charged without a page.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{
    destinations::{self, DestinationParams, TransferData},
    request::{ExpandParams, Get, Post},
    sessions::{capture_method, web_address},
    transfers::positive,
};
use crate::{
    payments::{
        attempts::Presence,
        methods::{self, NewIntent},
    },
    state::Sandbox,
    stripe::{
        StripeError,
        commands::{Command, Verb},
        expand::expand,
        idempotency, objects,
    },
};

/// What is played of <https://docs.stripe.com/api/customers/create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerParams {
    email: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

pub async fn create_customer(app: Data<Sandbox>, request: Post<CustomerParams>) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let verb = Verb::CreateCustomer { email: params.email, metadata: json!(params.metadata) };
    idempotency::run(&app, &idempotency, &Command { verb, expand: Vec::new() }).await
}

/// What is played of <https://docs.stripe.com/api/customers/update>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateCustomerParams {
    email: String,
}

pub async fn update_customer(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<UpdateCustomerParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let verb = Verb::UpdateCustomer { id: id.into_inner(), email: params.email };
    idempotency::run(&app, &idempotency, &Command { verb, expand: Vec::new() }).await
}

pub async fn retrieve_customer(
    app: Data<Sandbox>,
    id: Path<String>,
    _params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let row = methods::find_customer(&mut conn, &id).await?;
    Ok(HttpResponse::Ok().json(objects::customer(&row)))
}

pub async fn delete_customer(
    app: Data<Sandbox>,
    id: Path<String>,
    _params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| methods::delete_customer_in_tx(conn, now, &id).await).await?;
    app.wake_jobs();
    Ok(HttpResponse::Ok().json(objects::deleted_customer(&id)))
}

pub async fn retrieve_payment_method(
    app: Data<Sandbox>,
    id: Path<String>,
    params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let row = methods::find_method(&mut conn, &id).await?;
    let mut object = objects::payment_method(&row.ok_or_else(|| StripeError::missing("PaymentMethod", &id))?);
    expand(&app, &mut conn, &mut object, &params.0.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}

pub async fn detach_payment_method(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let command = Command { verb: Verb::DetachMethod(id.into_inner()), expand: request.params.expand };
    idempotency::run(&app, &request.idempotency, &command).await
}

/// What is played of <https://docs.stripe.com/api/payment_intents/create>: a saved card of a customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateIntentParams {
    amount: i64,
    currency: String,
    customer: String,
    payment_method: String,
    description: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    expand: Vec<String>,
    capture_method: Option<String>,
    #[serde(rename = "automatic_payment_methods")]
    _automatic_payment_methods: Option<IgnoredAny>,
    transfer_data: Option<TransferData>,
    application_fee_amount: Option<i64>,
    on_behalf_of: Option<String>,
    transfer_group: Option<String>,
}

pub async fn create_payment_intent(
    app: Data<Sandbox>,
    request: Post<CreateIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let expand = params.expand;
    let amount = positive(params.amount)?;
    let destination = DestinationParams {
        transfer_data: params.transfer_data,
        application_fee_amount: params.application_fee_amount,
        on_behalf_of: params.on_behalf_of,
        transfer_group: params.transfer_group,
    };
    let verb = Verb::CreateIntent(NewIntent {
        amount,
        currency: params.currency.to_lowercase(),
        customer_id: params.customer,
        payment_method_id: params.payment_method,
        description: params.description,
        metadata: json!(params.metadata),
        capture_method: capture_method(params.capture_method.as_deref())?,
        destination: destinations::checked(&app, destination, amount).await?,
    });
    idempotency::run(&app, &idempotency, &Command { verb, expand }).await
}

/// What is played of <https://docs.stripe.com/api/payment_intents/confirm>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIntentParams {
    #[serde(default)]
    off_session: bool,
    return_url: Option<String>,
    #[serde(default)]
    expand: Vec<String>,
}

pub async fn confirm_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<ConfirmIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let verb = Verb::ConfirmIntent {
        id: id.into_inner(),
        presence: if params.off_session { Presence::OffSession } else { Presence::OnSession },
        return_url: web_address(params.return_url, "return_url")?,
    };
    idempotency::run(&app, &idempotency, &Command { verb, expand: params.expand }).await
}

/// What is played of <https://docs.stripe.com/api/payment_intents/capture>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureIntentParams {
    amount_to_capture: Option<i64>,
    #[serde(default)]
    expand: Vec<String>,
}

pub async fn capture_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<CaptureIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let amount = params.amount_to_capture.map(positive).transpose()?;
    let verb = Verb::CaptureIntent { id: id.into_inner(), amount };
    idempotency::run(&app, &idempotency, &Command { verb, expand: params.expand }).await
}

pub async fn cancel_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let command = Command { verb: Verb::CancelIntent(id.into_inner()), expand: request.params.expand };
    idempotency::run(&app, &request.idempotency, &command).await
}
