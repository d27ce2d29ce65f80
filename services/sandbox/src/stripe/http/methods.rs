//! `/v1/customers`, `/v1/payment_methods`, and the page on which a person looks after both.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    request::{ExpandParams, Get, Post},
    sessions::{missing, web_address},
};
use crate::{
    payments::methods::{self, CustomerChange},
    portal::NewPortal,
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
    email: Option<String>,
    invoice_settings: Option<InvoiceSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoiceSettings {
    default_payment_method: Option<String>,
}

pub async fn update_customer(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<UpdateCustomerParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let default_method = params.invoice_settings.and_then(|settings| settings.default_payment_method);
    let change = CustomerChange { email: params.email, default_method };
    let verb = Verb::UpdateCustomer { id: id.into_inner(), change };
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

/// What is played of <https://docs.stripe.com/api/customer_portal/sessions/create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreatePortalParams {
    customer: String,
    return_url: Option<String>,
}

pub async fn create_portal_session(
    app: Data<Sandbox>,
    request: Post<CreatePortalParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let return_url = web_address(params.return_url, "return_url")?.ok_or_else(|| missing("return_url"))?;
    let verb = Verb::CreatePortal(NewPortal { customer_id: params.customer, return_url });
    idempotency::run(&app, &idempotency, &Command { verb, expand: Vec::new() }).await
}
