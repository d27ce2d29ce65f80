//! `/v1/refunds`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::request::{ExpandParams, Get, Post};
use crate::{
    payments::{
        refunds::{NewRefund, Paid},
        settlements::GivenBack,
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

/// What is played of <https://docs.stripe.com/api/refunds/create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRefundParams {
    payment_intent: Option<String>,
    charge: Option<String>,
    amount: Option<i64>,
    reason: Option<String>,
    #[serde(default)]
    reverse_transfer: bool,
    #[serde(default)]
    refund_application_fee: bool,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    expand: Vec<String>,
}

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

pub async fn create_refund(app: Data<Sandbox>, request: Post<CreateRefundParams>) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let expand = params.expand.clone();
    let verb = Verb::CreateRefund(checked(params)?);
    idempotency::run(&app, &idempotency, &Command { verb, expand }).await
}

fn checked(params: CreateRefundParams) -> Result<NewRefund, StripeError> {
    let paid = match (params.payment_intent, params.charge) {
        (Some(intent), _) => Paid::Intent(intent),
        (None, Some(charge)) => Paid::Charge(charge),
        (None, None) => {
            return Err(StripeError::invalid(
                "One of the following params should be provided: charge, payment_intent.",
            ));
        }
    };
    if params.amount.is_some_and(|amount| amount <= 0) {
        let message = "Invalid positive integer.";
        return Err(StripeError::invalid(message).code("parameter_invalid_integer").param("amount"));
    }
    if params.reason.as_deref().is_some_and(|reason| !REASONS.contains(&reason)) {
        return Err(StripeError::invalid("Invalid reason.").param("reason"));
    }
    let given_back = match (params.reverse_transfer, params.refund_application_fee) {
        (true, fee) => GivenBack::InProportion { fee },
        (false, false) => GivenBack::Nothing,
        (false, true) => {
            let message = "The sandbox gives an application fee back together with the transfer.";
            return Err(StripeError::invalid(message).param("refund_application_fee"));
        }
    };
    let metadata = json!(params.metadata);
    Ok(NewRefund { paid, amount: params.amount, reason: params.reason, metadata, given_back })
}

pub async fn retrieve_refund(
    app: Data<Sandbox>,
    id: Path<String>,
    params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let row = store::find_refund(&mut conn, &id).await?;
    let mut object = objects::refund(&row.ok_or_else(|| StripeError::missing("refund", &id))?);
    expand(&app, &mut conn, &mut object, &params.0.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}

pub async fn list_refunds(app: Data<Sandbox>, params: Get<ListParams>) -> Result<HttpResponse, StripeError> {
    let params = params.0;
    let limit = params.limit()?;
    let mut conn = app.db.conn().await?;
    let (intent, after) = (params.payment_intent.as_deref(), params.starting_after.as_deref());
    let rows = store::list_refunds(&mut conn, intent, after, limit + 1).await?;
    let mut list = lists::page("/v1/refunds", &rows, limit, objects::refund);
    expand(&app, &mut conn, &mut list, &params.expand).await?;
    Ok(HttpResponse::Ok().json(list))
}
