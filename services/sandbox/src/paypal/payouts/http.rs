//! The routes of the Payouts API.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    items::{NewPayout, cancel_in_tx},
    objects, store,
};
use crate::{
    paypal::{
        AccessToken, PaypalError,
        amounts::AmountParams,
        http::{Verb, keyed, once, parse},
    },
    state::Sandbox,
};

/// What is played of <https://developer.paypal.com/docs/api/payments.payouts-batch/v1/#payouts_post>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreatePayoutParams {
    sender_batch_header: HeaderParams,
    items: Vec<ItemParams>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderParams {
    sender_batch_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemParams {
    recipient_type: String,
    amount: ItemAmount,
    receiver: String,
    note: Option<String>,
    sender_item_id: Option<String>,
    purpose: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemAmount {
    currency: String,
    value: String,
}

const LONGEST_BATCH_ID: usize = 256;
const LONGEST_ITEM_ID: usize = 63;
const LONGEST_RECEIVER: usize = 127;

pub async fn create_payout(
    app: Data<Sandbox>,
    _token: AccessToken,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, PaypalError> {
    once(&app, keyed(&request, &body)?, &Verb::PayOut(Box::new(new_payout(parse(&body)?)?))).await
}

fn new_payout(params: CreatePayoutParams) -> Result<NewPayout, PaypalError> {
    let header = params.sender_batch_header;
    let [item] = <[ItemParams; 1]>::try_from(params.items)
        .map_err(|_| PaypalError::bad_request("The sandbox plays batches of one item.".to_owned()))?;
    if header.sender_batch_id.is_empty() || header.sender_batch_id.chars().count() > LONGEST_BATCH_ID {
        return Err(PaypalError::invalid("sender_batch_header.sender_batch_id", "Sender batch id is invalid"));
    }
    if item.sender_item_id.as_ref().is_some_and(|id| id.chars().count() > LONGEST_ITEM_ID) {
        return Err(PaypalError::invalid("items[0].sender_item_id", "Sender item id is invalid"));
    }
    if item.recipient_type != "EMAIL" || !is_address(&item.receiver) {
        let issue = "Receiver is invalid or does not match with type";
        return Err(PaypalError::invalid("items[0].receiver", issue));
    }
    let (amount, currency) = AmountParams::of(item.amount.currency, item.amount.value).checked()?;
    Ok(NewPayout {
        item: shown(
            &item.recipient_type,
            &item.receiver,
            [("note", &item.note), ("sender_item_id", &item.sender_item_id), ("purpose", &item.purpose)],
        ),
        sender_batch_id: header.sender_batch_id.clone(),
        header: json!(header),
        sender_item_id: item.sender_item_id,
        receiver: item.receiver,
        amount,
        currency,
    })
}

fn is_address(text: &str) -> bool {
    let has_both = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    has_both && text.len() <= LONGEST_RECEIVER && text.is_ascii() && !text.contains(' ')
}

/// The item as it was sent; what was left out stays out.
fn shown(recipient_type: &str, receiver: &str, given: [(&str, &Option<String>); 3]) -> Value {
    let mut item = json!({"recipient_type": recipient_type, "receiver": receiver, "recipient_wallet": "PAYPAL"});
    if let Some(item) = item.as_object_mut() {
        for (name, value) in given {
            if let Some(value) = value {
                item.insert(name.to_owned(), json!(value));
            }
        }
    }
    item
}

pub async fn retrieve_payout(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let row = store::find_batch(&mut *app.db.conn().await?, &id).await?;
    Ok(HttpResponse::Ok().json(objects::batch(&row.ok_or_else(PaypalError::not_found)?)))
}

pub async fn retrieve_item(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let row = store::find_item(&mut *app.db.conn().await?, &id).await?;
    Ok(HttpResponse::Ok().json(objects::item_with_batch(&row.ok_or_else(PaypalError::not_found)?)))
}

pub async fn cancel_item(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let now = app.clock.now();
    let row = app.db.transaction(async |conn| cancel_in_tx(conn, now, &id).await).await?;
    app.wake_jobs();
    Ok(HttpResponse::Ok().json(objects::item_with_batch(&row)))
}
