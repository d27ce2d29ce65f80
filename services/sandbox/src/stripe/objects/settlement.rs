//! What Stripe makes of a charge with a destination: <https://docs.stripe.com/api/transfers/object>,
//! <https://docs.stripe.com/api/application_fees/object>, and of what goes back of it.

use serde_json::{Value, json};

use crate::payments::settlements::{SettlementRefundRow, SettlementRow};

/// The whole charge, to the company.
pub fn settled_transfer(row: &SettlementRow, refunds: &[SettlementRefundRow]) -> Value {
    let id = row.transfer_id.as_deref().unwrap_or_default();
    let reversed: i64 = refunds.iter().map(|refund| refund.amount).sum();
    let reversals: Vec<Value> = refunds.iter().map(|refund| settled_reversal(row, refund)).collect();
    json!({
        "id": id,
        "object": "transfer",
        "amount": row.amount,
        "amount_reversed": reversed,
        "balance_transaction": null,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "description": null,
        "destination": row.account_id,
        "destination_payment": destination_payment(row),
        "livemode": false,
        "metadata": {},
        "reversals": list(reversals, &format!("/v1/transfers/{id}/reversals")),
        "reversed": reversed == row.amount,
        "source_transaction": row.charge_id,
        "source_type": "card",
        "transfer_group": row.transfer_group,
    })
}

/// The charge as the company's account has it.
fn destination_payment(row: &SettlementRow) -> String {
    format!("py_{}", row.charge_id.trim_start_matches("ch_"))
}

fn list(data: Vec<Value>, url: &str) -> Value {
    json!({"object": "list", "data": data, "has_more": false, "url": url})
}

/// From the company, for a refund.
pub fn settled_reversal(row: &SettlementRow, refund: &SettlementRefundRow) -> Value {
    json!({
        "id": refund.reversal_id,
        "object": "transfer_reversal",
        "amount": refund.amount,
        "balance_transaction": null,
        "created": refund.created_at.as_second(),
        "currency": row.currency,
        "destination_payment_refund": null,
        "metadata": {},
        "source_refund": refund.refund_id,
        "transfer": row.transfer_id,
    })
}

/// From the company, for the platform.
pub fn application_fee(row: &SettlementRow, refunds: &[SettlementRefundRow]) -> Value {
    let id = row.fee_id.as_deref().unwrap_or_default();
    let given_back = refunds.iter().filter(|refund| refund.fee_refund_id.is_some());
    json!({
        "id": id,
        "object": "application_fee",
        "account": row.account_id,
        "amount": row.fee,
        "amount_refunded": row.fee_returned,
        "application": "ca_sandbox",
        "balance_transaction": null,
        "charge": destination_payment(row),
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "fee_source": {"charge": destination_payment(row), "type": "charge"},
        "livemode": false,
        "originating_transaction": row.charge_id,
        "refunded": row.fee_returned == row.fee,
        "refunds": list(
            given_back.map(|refund| fee_refund(row, refund)).collect(),
            &format!("/v1/application_fees/{id}/refunds"),
        ),
    })
}

/// <https://docs.stripe.com/api/fee_refunds/object>
pub fn fee_refund(row: &SettlementRow, refund: &SettlementRefundRow) -> Value {
    json!({
        "id": refund.fee_refund_id,
        "object": "fee_refund",
        "amount": refund.fee,
        "balance_transaction": null,
        "created": refund.created_at.as_second(),
        "currency": row.currency,
        "fee": row.fee_id,
        "metadata": {},
    })
}
