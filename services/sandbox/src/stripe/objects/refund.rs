//! <https://docs.stripe.com/api/refunds/object>

use serde_json::{Value, json};

use crate::payments::RefundRow;

pub fn refund(row: &RefundRow) -> Value {
    json!({
        "id": row.id,
        "object": "refund",
        "amount": row.amount,
        "balance_transaction": null,
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
    })
}
