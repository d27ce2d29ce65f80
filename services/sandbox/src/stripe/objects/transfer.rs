//! <https://docs.stripe.com/api/transfers/object>, <https://docs.stripe.com/api/transfer_reversals/object>

use serde_json::{Value, json};

use crate::connect::TransferRow;

pub fn transfer(row: &TransferRow) -> Value {
    let reversals: Vec<Value> = row.reversal_id.iter().map(|_| reversal(row)).collect();
    json!({
        "id": row.id,
        "object": "transfer",
        "amount": row.amount,
        "amount_reversed": if row.reversal_id.is_some() { row.amount } else { 0 },
        "balance_transaction": null,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "description": null,
        "destination": row.account_id,
        "destination_payment": null,
        "livemode": false,
        "metadata": row.metadata,
        "reversals": {
            "object": "list", "data": reversals, "has_more": false, "url": format!("/v1/transfers/{}/reversals", row.id),
        },
        "reversed": row.reversal_id.is_some(),
        "source_transaction": null,
        "source_type": "card",
        "transfer_group": row.transfer_group,
    })
}

/// Of a transfer that was taken back.
pub fn reversal(row: &TransferRow) -> Value {
    json!({
        "id": row.reversal_id,
        "object": "transfer_reversal",
        "amount": row.amount,
        "balance_transaction": null,
        "created": row.reversed_at.unwrap_or(row.created_at).as_second(),
        "currency": row.currency,
        "destination_payment_refund": null,
        "metadata": row.metadata,
        "source_refund": null,
        "transfer": row.id,
    })
}
