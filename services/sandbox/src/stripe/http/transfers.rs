//! `/v1/transfers`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::request::{ExpandParams, Get, Post};
use crate::{
    connect::{store, transfers::NewTransfer},
    state::Sandbox,
    stripe::{
        StripeError,
        commands::{Command, Verb},
        expand::transfer,
        idempotency,
        lists::{self, ListParams},
        objects,
    },
};

/// What is played of <https://docs.stripe.com/api/transfers/create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTransferParams {
    amount: i64,
    currency: String,
    destination: String,
    transfer_group: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(rename = "description")]
    _description: Option<String>,
}

pub async fn create_transfer(
    app: Data<Sandbox>,
    request: Post<CreateTransferParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let new = NewTransfer {
        account_id: params.destination,
        amount: positive(params.amount)?,
        currency: params.currency.to_lowercase(),
        transfer_group: params.transfer_group,
        metadata: json!(params.metadata),
    };
    let command = Command { verb: Verb::CreateTransfer(new), expand: Vec::new() };
    idempotency::run(&app, &idempotency, &command).await
}

pub fn positive(amount: i64) -> Result<i64, StripeError> {
    if amount > 0 {
        return Ok(amount);
    }
    Err(StripeError::invalid("Invalid positive integer.").code("parameter_invalid_integer").param("amount"))
}

pub async fn retrieve_transfer(
    app: Data<Sandbox>,
    id: Path<String>,
    _params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let found = transfer(&mut conn, &id).await?;
    Ok(HttpResponse::Ok().json(found.ok_or_else(|| StripeError::missing("transfer", &id))?))
}

pub async fn list_transfers(app: Data<Sandbox>, params: Get<ListParams>) -> Result<HttpResponse, StripeError> {
    let params = params.0;
    let limit = params.limit()?;
    let mut conn = app.db.conn().await?;
    let wanted = (params.transfer_group.as_deref(), params.destination.as_deref());
    let rows = store::list_transfers(&mut conn, wanted, params.starting_after.as_deref(), limit + 1).await?;
    Ok(HttpResponse::Ok().json(lists::page("/v1/transfers", &rows, limit, objects::transfer)))
}

/// What is played of <https://docs.stripe.com/api/transfer_reversals/create>: all of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReverseTransferParams {
    #[serde(rename = "metadata")]
    _metadata: Option<BTreeMap<String, String>>,
    #[serde(rename = "description")]
    _description: Option<String>,
}

pub async fn reverse_transfer(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<ReverseTransferParams>,
) -> Result<HttpResponse, StripeError> {
    let command = Command { verb: Verb::ReverseTransfer(id.into_inner()), expand: Vec::new() };
    idempotency::run(&app, &request.idempotency, &command).await
}
