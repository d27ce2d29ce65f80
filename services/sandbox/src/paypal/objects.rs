//! PayPal's objects, as its API reference has them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::amounts::money;
use crate::{
    payments::{ChargeRow, DisputeRow, IntentRow, RefundRow, SessionRow},
    state::Sandbox,
};

/// RFC 3339 to the second, as PayPal writes instants.
pub fn instant(at: Timestamp) -> String {
    format!("{at:.0}")
}

pub const API: &str = "https://api.sandbox.paypal.com";

/// <https://developer.paypal.com/docs/api/orders/v2/#orders_get>
pub fn order(app: &Sandbox, session: &SessionRow, intent: Option<&IntentRow>, captures: &[ChargeRow]) -> Value {
    let status = match (session.status.as_str(), intent.map(|intent| intent.status.as_str())) {
        ("complete", _) => "COMPLETED",
        ("expired", _) => "VOIDED",
        (_, Some("approved")) => "APPROVED",
        _ => "PAYER_ACTION_REQUIRED",
    };
    let has_payer = matches!(status, "APPROVED" | "COMPLETED");
    let wallet = if has_payer { payer() } else { json!({}) };
    let mut unit = json!({
        "reference_id": "default",
        "amount": money(session.amount, &session.currency),
        "description": session.description,
        "payee": {"email_address": "merchant@example.com", "merchant_id": "MSANDBOX"},
    });
    if let Some(unit) = unit.as_object_mut() {
        for (name, value) in
            [("custom_id", json!(session.client_reference_id)), ("invoice_id", session.detail["invoice_id"].clone())]
        {
            if !value.is_null() {
                unit.insert(name.to_owned(), value);
            }
        }
        if !captures.is_empty() {
            let captures: Vec<Value> = captures.iter().map(|charge| capture(app, session, charge)).collect();
            unit.insert("payments".to_owned(), json!({"captures": captures}));
        }
    }
    let mut order = json!({
        "id": session.id,
        "intent": "CAPTURE",
        "status": status,
        "payment_source": {"paypal": wallet},
        "purchase_units": [unit],
        "create_time": instant(session.created_at),
        "update_time": instant(session.updated_at()),
        "links": links(app, session, status),
    });
    if let (true, Some(order)) = (has_payer, order.as_object_mut()) {
        order.insert("payer".to_owned(), json!({"payer_id": "PAYERSANDBOX1", "email_address": "payer@example.com"}));
    }
    order
}

fn payer() -> Value {
    json!({"email_address": "payer@example.com", "account_id": "PAYERSANDBOX1", "account_status": "VERIFIED"})
}

fn links(app: &Sandbox, session: &SessionRow, status: &str) -> Value {
    let itself = format!("{API}/v2/checkout/orders/{}", session.id);
    let capture = json!({"href": format!("{itself}/capture"), "rel": "capture", "method": "POST"});
    let mut links = vec![json!({"href": itself, "rel": "self", "method": "GET"})];
    match status {
        "PAYER_ACTION_REQUIRED" => {
            links.push(json!({"href": app.page_url(&session.id), "rel": "payer-action", "method": "GET"}));
        }
        "APPROVED" => links.push(capture),
        _ => {}
    }
    json!(links)
}

/// <https://developer.paypal.com/docs/api/payments/v2/#captures_get>
pub fn capture(_app: &Sandbox, session: &SessionRow, charge: &ChargeRow) -> Value {
    let amount = money(charge.amount, &charge.currency);
    let status = match charge.amount_refunded {
        0 => "COMPLETED",
        all if all == charge.amount => "REFUNDED",
        _ => "PARTIALLY_REFUNDED",
    };
    let itself = format!("{API}/v2/payments/captures/{}", charge.id);
    let mut capture = json!({
        "id": charge.id,
        "status": status,
        "amount": amount,
        "final_capture": true,
        "seller_protection": {"status": "NOT_ELIGIBLE"},
        "seller_receivable_breakdown": {
            "gross_amount": amount,
            "paypal_fee": money(0, &charge.currency),
            "net_amount": amount,
        },
        "create_time": instant(charge.created_at),
        "update_time": instant(charge.created_at),
        "links": [
            {"href": itself, "rel": "self", "method": "GET"},
            {"href": format!("{itself}/refund"), "rel": "refund", "method": "POST"},
            {"href": format!("{API}/v2/checkout/orders/{}", session.id), "rel": "up", "method": "GET"},
        ],
    });
    if let Some(capture) = capture.as_object_mut() {
        for (name, value) in
            [("custom_id", json!(session.client_reference_id)), ("invoice_id", session.detail["invoice_id"].clone())]
        {
            if !value.is_null() {
                capture.insert(name.to_owned(), value);
            }
        }
    }
    capture
}

/// <https://developer.paypal.com/docs/api/payments/v2/#refunds_get>
pub fn refund(refund: &RefundRow) -> Value {
    let amount = money(refund.amount, &refund.currency);
    let mut object = json!({
        "id": refund.id,
        "status": if refund.failed_at.is_some() { "FAILED" } else { "COMPLETED" },
        "amount": amount,
        "seller_payable_breakdown": {
            "gross_amount": amount,
            "paypal_fee": money(0, &refund.currency),
            "net_amount": amount,
            "total_refunded_amount": amount,
        },
        "create_time": instant(refund.created_at),
        "update_time": instant(refund.created_at),
        "links": [
            {"href": format!("{API}/v2/payments/refunds/{}", refund.id), "rel": "self", "method": "GET"},
            {"href": format!("{API}/v2/payments/captures/{}", refund.charge_id), "rel": "up", "method": "GET"},
        ],
    });
    if let Some(object) = object.as_object_mut() {
        for name in ["custom_id", "invoice_id", "note_to_payer"] {
            if let Some(value) = refund.metadata.get(name).filter(|value| !value.is_null()) {
                object.insert(name.to_owned(), value.clone());
            }
        }
    }
    object
}

/// <https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_get>
pub fn dispute(charge: &ChargeRow, dispute: &DisputeRow, now: Timestamp) -> Value {
    let outcome = match dispute.status.as_str() {
        "won" => Some("RESOLVED_SELLER_FAVOUR"),
        "lost" => Some("RESOLVED_BUYER_FAVOUR"),
        _ => None,
    };
    let mut object = json!({
        "dispute_id": dispute.id,
        "create_time": instant(dispute.created_at),
        "update_time": instant(now),
        "disputed_transactions": [{"seller_transaction_id": charge.id}],
        "reason": "UNAUTHORISED",
        "status": if outcome.is_some() { "RESOLVED" } else { "WAITING_FOR_SELLER_RESPONSE" },
        "dispute_amount": money(dispute.amount, &dispute.currency),
        "seller_response_due_date": instant(dispute.due_by),
    });
    if let (Some(outcome), Some(object)) = (outcome, object.as_object_mut()) {
        object.insert("dispute_outcome".to_owned(), json!({"outcome_code": outcome}));
    }
    object
}

/// <https://developer.paypal.com/docs/api/webhooks/v1/#webhooks-events_get>
pub fn event(id: &str, event_type: &str, now: Timestamp, object: &Value) -> Value {
    let kind = match event_type {
        "PAYMENT.CAPTURE.REFUNDED" => "refund",
        other if other.starts_with("PAYMENT.CAPTURE") => "capture",
        other if other.starts_with("CUSTOMER.DISPUTE") => "dispute",
        other if other.starts_with("PAYMENT.PAYOUTSBATCH") => "payouts",
        other if other.starts_with("PAYMENT.PAYOUTS-ITEM") => "payouts_item",
        _ => "checkout-order",
    };
    json!({
        "id": id,
        "event_version": "1.0",
        "create_time": instant(now),
        "resource_type": kind,
        "resource_version": "2.0",
        "event_type": event_type,
        "summary": format!("{event_type} in the sandbox"),
        "resource": object,
        "links": [{
            "href": format!("{API}/v1/notifications/webhooks-events/{id}"), "rel": "self", "method": "GET",
        }],
    })
}
