//! `/v1/customer/disputes`.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{AccessToken, PaypalError, objects};
use crate::{
    payments::{ChargeRow, DisputeRow, Provider, store},
    state::Sandbox,
};

/// What is played of <https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_list>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    update_time_after: Option<Timestamp>,
    #[serde(default = "default_page_size")]
    page_size: usize,
    next_page_token: Option<String>,
}

const fn default_page_size() -> usize {
    10
}

/// What a list leaves out of each.
const DETAILS: [&str; 2] = ["disputed_transactions", "dispute_outcome"];

/// A page, the newest first; the token of the next one is how many came before it.
pub async fn list_disputes(
    app: Data<Sandbox>,
    _token: AccessToken,
    params: Query<ListParams>,
) -> Result<HttpResponse, PaypalError> {
    let skipped = params.next_page_token.as_deref().map_or(Ok(0), str::parse::<usize>);
    let skipped = skipped.map_err(|_| PaypalError::bad_request("Not a token of a page.".to_owned()))?;
    if !(1..=50).contains(&params.page_size) {
        return Err(PaypalError::bad_request("A page has 1 to 50 disputes.".to_owned()));
    }
    let mut found = store::disputes_at(&mut *app.db.conn().await?, Provider::Paypal).await?;
    found.retain(|(dispute, _)| params.update_time_after.is_none_or(|after| after < updated_at(dispute)));
    let rest = found.get(skipped..).unwrap_or_default();
    let items: Vec<Value> = rest.iter().take(params.page_size).map(summary).collect();
    let address = format!("{}/v1/customer/disputes", objects::API);
    let mut links = vec![json!({"href": address, "rel": "self", "method": "GET"})];
    if rest.len() > params.page_size {
        let next = format!("{address}?next_page_token={}", skipped + params.page_size);
        links.push(json!({"href": next, "rel": "next", "method": "GET"}));
    }
    Ok(HttpResponse::Ok().json(json!({"items": items, "links": links})))
}

fn updated_at(dispute: &DisputeRow) -> Timestamp {
    dispute.decided_at.unwrap_or(dispute.created_at)
}

fn shown((dispute, charge): &(DisputeRow, ChargeRow)) -> Value {
    objects::dispute(charge, dispute, updated_at(dispute))
}

fn summary(found: &(DisputeRow, ChargeRow)) -> Value {
    let mut summary = shown(found);
    if let Some(summary) = summary.as_object_mut() {
        summary.retain(|name, _| !DETAILS.contains(&name.as_str()));
    }
    summary
}

pub async fn retrieve_dispute(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let found = store::disputes_at(&mut *app.db.conn().await?, Provider::Paypal).await?;
    let found = found.iter().find(|(dispute, _)| dispute.id == *id).ok_or_else(PaypalError::not_found)?;
    Ok(HttpResponse::Ok().json(shown(found)))
}
