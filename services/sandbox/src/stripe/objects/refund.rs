//! <https://docs.stripe.com/api/refunds/object>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::payments::{ChargeRow, RefundRow, provider_id};

pub fn refund(row: &RefundRow) -> Value {
    let mut object = json!({
        "id": row.id,
        "object": "refund",
        "amount": row.amount,
        "balance_transaction": format!("txn_{}", row.id.trim_start_matches("re_")),
        "charge": row.charge_id,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "customer": null,
        "customer_account": null,
        "destination_details": {
            "card": {
                "reference": null, "reference_status": "pending", "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": row.metadata,
        "payment_intent": row.intent_id,
        "payment_method": null,
        "reason": row.reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": row.status,
        "transfer_reversal": null,
    });
    if let Some(object) = object.as_object_mut().filter(|_| row.failed_at.is_some()) {
        object.insert("failure_balance_transaction".to_owned(), Value::Null);
        object.insert("failure_reason".to_owned(), json!("expired_or_canceled_card"));
    }
    object
}

/// What was held and is not taken is a refund to Stripe, one that moves nothing.
pub fn release(charge: &ChargeRow, amount: i64, now: Timestamp) -> Value {
    let mut object = refund(&RefundRow {
        id: provider_id("re"),
        intent_id: charge.intent_id.clone(),
        charge_id: charge.id.clone(),
        status: "succeeded".to_owned(),
        amount,
        currency: charge.currency.clone(),
        reason: None,
        metadata: json!({}),
        created_at: now,
        failed_at: None,
    });
    object["balance_transaction"] = Value::Null;
    object
}
