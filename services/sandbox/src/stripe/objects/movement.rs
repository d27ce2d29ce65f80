//! <https://docs.stripe.com/api/balance_transactions/object>

use serde_json::{Value, json};

use crate::stripe::movements::MovementRow;

pub fn movement(row: &MovementRow) -> Value {
    let (of, category) = row.kind.split_once(' ').unwrap_or((&row.kind, &row.kind));
    let fee = json!({
        "amount": row.fee, "application": null, "currency": row.currency, "description": "Dispute fee", "type": "stripe_fee",
    });
    json!({
        "id": row.id,
        "object": "balance_transaction",
        "amount": row.amount,
        "available_on": row.created_at.as_second(),
        "balance_type": "payments",
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "description": (of == "adjustment").then_some("Chargeback"),
        "exchange_rate": null,
        "fee": row.fee,
        "fee_details": (row.fee != 0).then_some(fee).into_iter().collect::<Vec<_>>(),
        "net": row.amount - row.fee,
        "reporting_category": category,
        "source": row.source,
        "status": "available",
        "type": of,
    })
}
