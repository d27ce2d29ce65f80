//! <https://docs.stripe.com/api/payouts/object>

use serde_json::{Value, json};

use crate::connect::PayoutRow;

pub fn payout(row: &PayoutRow) -> Value {
    let message = row.failure_code.as_ref().map(|_| "The bank account has been closed.");
    json!({
        "id": row.id,
        "object": "payout",
        "amount": row.amount,
        "application_fee": null,
        "application_fee_amount": null,
        "arrival_date": row.arrives_at.as_second(),
        "automatic": false,
        "balance_transaction": null,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "description": "STRIPE PAYOUT",
        "destination": format!("ba_{}", row.account_id.trim_start_matches("acct_")),
        "failure_balance_transaction": null,
        "failure_code": row.failure_code,
        "failure_message": message,
        "livemode": false,
        "metadata": row.metadata,
        "method": "standard",
        "original_payout": null,
        "payout_method": null,
        "reconciliation_status": "not_applicable",
        "reversed_by": null,
        "source_type": "card",
        "statement_descriptor": null,
        "status": row.status,
        "trace_id": {"status": "pending", "value": null},
        "type": "bank_account",
    })
}
