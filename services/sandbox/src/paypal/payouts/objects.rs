//! Batches and items, as PayPal's API reference has them.

use serde_json::{Value, json};

use super::{items::Status, store::PayoutRow};
use crate::{
    payments::paypal_id,
    paypal::{
        amounts::money,
        objects::{API, instant},
    },
};

pub fn batch_address(batch_id: &str) -> String {
    format!("{API}/v1/payments/payouts/{batch_id}")
}

fn item_address(item_id: &str) -> String {
    format!("{API}/v1/payments/payouts-item/{item_id}")
}

/// This older API calls the currency otherwise than the newer ones.
fn amount(amount: i64, currency: &str) -> Value {
    let money = money(amount, currency);
    json!({"currency": money["currency_code"], "value": money["value"]})
}

fn links(row: &PayoutRow) -> Value {
    json!([{"href": batch_address(&row.batch_id), "rel": "self", "method": "GET"}])
}

/// <https://developer.paypal.com/docs/api/payments.payouts-batch/v1/#payouts_post>
pub fn accepted(row: &PayoutRow) -> Value {
    json!({
        "batch_header": {
            "payout_batch_id": row.batch_id,
            "batch_status": "PENDING",
            "time_created": instant(row.created_at),
            "sender_batch_header": row.header,
        },
        "links": links(row),
    })
}

/// <https://developer.paypal.com/docs/api/payments.payouts-batch/v1/#payouts_get>. The items are there once PayPal has
/// processed the batch.
pub fn batch(row: &PayoutRow) -> Value {
    let is_processed = row.status() != Status::Pending;
    let fee = if is_processed { row.fee } else { 0 };
    let mut header = json!({
        "payout_batch_id": row.batch_id,
        "batch_status": if is_processed { "SUCCESS" } else { "PENDING" },
        "time_created": instant(row.created_at),
        "sender_batch_header": row.header,
        "funding_source": "BALANCE",
        "amount": amount(row.amount, &row.currency),
        "fees": amount(fee, &row.currency),
    });
    if let (Some(sent_at), Some(header)) = (row.sent_at, header.as_object_mut()) {
        header.insert("time_completed".to_owned(), json!(instant(sent_at)));
    }
    let items: Vec<Value> = is_processed.then(|| item(row)).into_iter().collect();
    json!({"batch_header": header, "items": items, "links": links(row)})
}

fn item(row: &PayoutRow) -> Value {
    let status = row.status();
    let fee = if status == Status::Failed { 0 } else { row.fee };
    let processed_at = row.returned_at.or(row.sent_at).unwrap_or(row.created_at);
    let mut item = json!({
        "payout_item_id": row.item_id,
        "transaction_status": status.as_str(),
        "payout_item_fee": amount(fee, &row.currency),
        "payout_batch_id": row.batch_id,
        "payout_item": row.item,
        "time_processed": instant(processed_at),
        "links": [{"href": item_address(&row.item_id), "rel": "item", "method": "GET"}],
    });
    if let Some(item) = item.as_object_mut() {
        item["payout_item"]["amount"] = amount(row.amount, &row.currency);
        if row.sent_at.is_some() {
            item.insert("transaction_id".to_owned(), json!(row.transaction_id));
        }
        if let Some((name, message)) = error(status) {
            item.insert(
                "errors".to_owned(),
                json!({"name": name, "message": message, "debug_id": paypal_id().to_ascii_lowercase(), "details": []}),
            );
        }
    }
    item
}

/// An item by itself says under which id its batch was sent:
/// <https://developer.paypal.com/docs/api/payments.payouts-batch/v1/#payouts-item_get>.
pub fn item_with_batch(row: &PayoutRow) -> Value {
    let mut item = item(row);
    if let Some(item) = item.as_object_mut() {
        item.insert("sender_batch_id".to_owned(), json!(row.sender_batch_id));
    }
    item
}

fn error(status: Status) -> Option<(&'static str, &'static str)> {
    match status {
        Status::Unclaimed => Some((
            "RECEIVER_UNREGISTERED",
            "The receiver has no PayPal account yet. Unless the payout is claimed within 30 days, it comes back.",
        )),
        Status::Failed => Some(("RECEIVER_ACCOUNT_LOCKED", "The receiver's account cannot take the payout.")),
        Status::Pending | Status::Success | Status::Returned | Status::Refunded => None,
    }
}
