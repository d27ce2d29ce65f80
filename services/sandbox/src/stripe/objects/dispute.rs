//! <https://docs.stripe.com/api/disputes/object>

use serde_json::{Map, Value, json};

use crate::payments::{ChargeRow, DisputeRow, cards::Card};

/// What Stripe takes for a dispute, in the currency's smallest unit.
pub const DISPUTE_FEE: i64 = 2_000;

/// What may be sent to answer a dispute. Nobody has.
const EVIDENCE: [&str; 27] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

pub fn dispute(charge: &ChargeRow, row: &DisputeRow) -> Value {
    let mut evidence: Map<String, Value> = EVIDENCE.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    evidence.insert("enhanced_evidence".to_owned(), json!({}));
    let brand = Card::by_name(&charge.card).map_or("visa", |card| card.brand);
    json!({
        "id": row.id,
        "object": "dispute",
        "amount": row.amount,
        "balance_transactions": [withdrawal(row)],
        "charge": charge.id,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "enhanced_eligibility_types": [],
        "evidence": evidence,
        "evidence_details": {
            "due_by": row.due_by.as_second(),
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": false,
        "livemode": false,
        "metadata": {},
        "payment_intent": charge.intent_id,
        "payment_method_details": {
            "card": {"brand": brand, "case_type": "chargeback", "network_reason_code": "10.4", "network": "visa"},
            "type": "card",
        },
        "reason": "fraudulent",
        "status": row.status,
    })
}

fn withdrawal(row: &DisputeRow) -> Value {
    json!({
        "id": format!("txn_{}", row.id.trim_start_matches("dp_")),
        "object": "balance_transaction",
        "amount": -row.amount,
        "available_on": row.created_at.as_second(),
        "balance_type": "payments",
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "description": "Chargeback withdrawal",
        "exchange_rate": null,
        "fee": DISPUTE_FEE,
        "fee_details": [{
            "amount": DISPUTE_FEE, "application": null, "currency": row.currency, "description": "Dispute fee",
            "type": "stripe_fee",
        }],
        "net": -row.amount - DISPUTE_FEE,
        "reporting_category": "dispute",
        "source": row.id,
        "status": "available",
        "type": "adjustment",
    })
}
