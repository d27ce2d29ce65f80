//! `/v1/payouts`, of the connected account that is named in `Stripe-Account`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    request::{ExpandParams, Get, OnBehalfOf, Post},
    transfers::positive,
};
use crate::{
    connect::{payouts::NewPayout, store},
    state::Sandbox,
    stripe::{
        StripeError,
        commands::{Command, Verb},
        idempotency,
        lists::{self, ListParams},
        objects,
    },
};

/// What is played of <https://docs.stripe.com/api/payouts/create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreatePayoutParams {
    amount: i64,
    currency: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(rename = "description")]
    _description: Option<String>,
}

pub async fn create_payout(
    app: Data<Sandbox>,
    account: OnBehalfOf,
    request: Post<CreatePayoutParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let new = NewPayout {
        account_id: account.connected()?.to_owned(),
        amount: positive(params.amount)?,
        currency: params.currency.to_lowercase(),
        metadata: json!(params.metadata),
    };
    let command = Command { verb: Verb::CreatePayout(new), expand: Vec::new() };
    idempotency::run(&app, &idempotency, &command).await
}

pub async fn retrieve_payout(
    app: Data<Sandbox>,
    account: OnBehalfOf,
    id: Path<String>,
    _params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let row = store::find_payout(&mut conn, account.connected()?, &id).await?;
    Ok(HttpResponse::Ok().json(objects::payout(&row.ok_or_else(|| StripeError::missing("payout", &id))?)))
}

pub async fn list_payouts(
    app: Data<Sandbox>,
    account: OnBehalfOf,
    params: Get<ListParams>,
) -> Result<HttpResponse, StripeError> {
    let params = params.0;
    let limit = params.limit()?;
    let mut conn = app.db.conn().await?;
    let after = params.starting_after.as_deref();
    let rows = store::list_payouts(&mut conn, account.connected()?, after, limit + 1).await?;
    Ok(HttpResponse::Ok().json(lists::page("/v1/payouts", &rows, limit, objects::payout)))
}
