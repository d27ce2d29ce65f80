//! Square's objects, as its API reference has them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{LOCATION, MERCHANT, Seller};
use crate::payments::{ChargeRow, DisputeRow, RefundRow, SessionRow, cards::Card, settlements::Destination, square_id};

/// RFC 3339 with milliseconds, as Square writes instants.
pub fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub fn money(amount: i64, currency: &str) -> Value {
    json!({"amount": amount, "currency": currency.to_uppercase()})
}

/// <https://developer.squareup.com/reference/square/objects/PaymentLink>
pub fn payment_link(session: &SessionRow, url: &str) -> Value {
    let mut link = json!({
        "id": session.link_id,
        "version": 1,
        "order_id": session.id,
        "url": url,
        "long_url": url,
        "created_at": instant(session.created_at),
        "checkout_options": session.detail["checkout_options"],
        "payment_note": session.detail["payment_note"],
    });
    if let (Some(email), Some(link)) = (&session.customer_email, link.as_object_mut()) {
        link.insert("pre_populated_data".to_owned(), json!({"buyer_email": email}));
    }
    link
}

/// <https://developer.squareup.com/reference/square/objects/Order>
pub fn order(session: &SessionRow, paid: &[ChargeRow]) -> Value {
    let total = money(session.amount, &session.currency);
    let nothing = money(0, &session.currency);
    let state = match session.status.as_str() {
        "expired" => "CANCELED",
        "complete" => "COMPLETED",
        _ => "OPEN",
    };
    let mut order = json!({
        "id": session.id,
        "location_id": Seller::of_session(session).location(),
        "reference_id": session.client_reference_id,
        "source": {"name": "Sandbox"},
        "line_items": [{
            "uid": session.id,
            "name": session.description,
            "quantity": "1",
            "item_type": "ITEM",
            "base_price_money": total,
            "gross_sales_money": total,
            "total_tax_money": nothing,
            "total_discount_money": nothing,
            "total_money": total,
        }],
        "metadata": session.metadata,
        "created_at": instant(session.created_at),
        "updated_at": instant(session.updated_at()),
        "state": state,
        "version": 1,
        "total_money": total,
        "total_tax_money": nothing,
        "total_discount_money": nothing,
        "total_tip_money": nothing,
        "total_service_charge_money": nothing,
        "net_amount_due_money": if paid.is_empty() { total.clone() } else { nothing.clone() },
    });
    if let (false, Some(order)) = (paid.is_empty(), order.as_object_mut()) {
        order.insert("tenders".to_owned(), paid.iter().map(|charge| tender(session, charge)).collect());
    }
    order
}

/// <https://developer.squareup.com/reference/square/objects/Tender>
fn tender(session: &SessionRow, charge: &ChargeRow) -> Value {
    json!({
        "id": charge.id,
        "location_id": Seller::of_session(session).location(),
        "created_at": instant(charge.created_at),
        "amount_money": money(charge.amount, &charge.currency),
        "type": "CARD",
        "card_details": {"status": "CAPTURED", "card": card(charge), "entry_method": "KEYED"},
        "payment_id": charge.id,
    })
}

pub fn payment(session: &SessionRow, charge: &ChargeRow) -> Value {
    let status = if charge.status == "succeeded" { "COMPLETED" } else { "FAILED" };
    payment_as(session, charge, status, None)
}

/// <https://developer.squareup.com/reference/square/objects/Payment>
pub fn payment_as(session: &SessionRow, charge: &ChargeRow, status: &str, error: Option<&Value>) -> Value {
    let amount = money(charge.amount, &charge.currency);
    let card_status = match status {
        "APPROVED" => "AUTHORIZED",
        "COMPLETED" => "CAPTURED",
        _ => "FAILED",
    };
    let mut card_details = json!({
        "status": card_status,
        "card": card(charge),
        "entry_method": "KEYED",
        "cvv_status": "CVV_ACCEPTED",
        "avs_status": "AVS_ACCEPTED",
    });
    if let (Some(error), Some(details)) = (error, card_details.as_object_mut()) {
        details.insert("errors".to_owned(), json!([decline(error)]));
    }
    let mut payment = json!({
        "id": charge.id,
        "created_at": instant(charge.created_at),
        "updated_at": instant(charge.created_at),
        "amount_money": amount,
        "total_money": amount,
        "status": status,
        "delay_duration": "PT168H",
        "delay_action": "CANCEL",
        "source_type": "CARD",
        "card_details": card_details,
        "location_id": Seller::of_session(session).location(),
        "order_id": session.id,
        "note": session.detail["payment_note"],
        "version_token": charge.id,
    });
    let fields = payment.as_object_mut();
    if let (Some(fields), "COMPLETED") = (fields, status) {
        if let Some(destination) = Destination::of(session).filter(|destination| destination.fee > 0) {
            fields.insert("app_fee_money".to_owned(), money(destination.fee, &charge.currency));
        }
        fields.insert("approved_money".to_owned(), amount);
        if charge.amount_refunded > 0 {
            fields.insert("refunded_money".to_owned(), money(charge.amount_refunded, &charge.currency));
        }
    }
    payment
}

/// Square's own words for what the issuers of the test cards say.
fn decline(error: &Value) -> Value {
    let code = match error["decline_code"].as_str().or(error["code"].as_str()).unwrap_or_default() {
        "insufficient_funds" => "INSUFFICIENT_FUNDS",
        "expired_card" => "CARD_EXPIRED",
        "incorrect_cvc" => "CVV_FAILURE",
        "processing_error" => "TEMPORARY_ERROR",
        "payment_intent_authentication_failure" => "CARD_DECLINED_VERIFICATION_REQUIRED",
        _ => "GENERIC_DECLINE",
    };
    json!({"category": "PAYMENT_METHOD_ERROR", "code": code, "detail": error["message"]})
}

fn card(charge: &ChargeRow) -> Value {
    let last4 = Card::by_name(&charge.card).map(Card::last4).unwrap_or_default();
    json!({
        "card_brand": "VISA",
        "last_4": last4,
        "exp_month": 12,
        "exp_year": 2049,
        "fingerprint": format!("sq-1-{}", charge.card),
        "card_type": "CREDIT",
        "prepaid_type": "NOT_PREPAID",
        "bin": "424242",
    })
}

/// <https://developer.squareup.com/reference/square/objects/PaymentRefund>
pub fn refund_as(session: &SessionRow, refund: &RefundRow, status: &str) -> Value {
    json!({
        "id": refund.id,
        "status": status,
        "location_id": Seller::of_session(session).location(),
        "destination_type": "CARD",
        "amount_money": money(refund.amount, &refund.currency),
        "payment_id": refund.charge_id,
        "order_id": session.id,
        "reason": refund.reason,
        "created_at": instant(refund.created_at),
        "updated_at": instant(refund.created_at),
    })
}

/// <https://developer.squareup.com/docs/webhooks/overview#format-of-an-event-notification>
pub fn event(id: &str, event_type: &str, now: Timestamp, object: &Value) -> Value {
    let kind = event_type.split('.').next().unwrap_or_default();
    json!({
        "merchant_id": MERCHANT,
        "type": event_type,
        "event_id": id,
        "created_at": instant(now),
        "data": {"type": kind, "id": object["id"].as_str().map_or_else(square_id, str::to_owned), "object": {kind: object}},
    })
}

/// <https://developer.squareup.com/reference/square/objects/Dispute>
pub fn dispute(charge: &ChargeRow, dispute: &DisputeRow, now: Timestamp) -> Value {
    let state = match dispute.status.as_str() {
        "won" => "WON",
        "lost" => "LOST",
        _ => "EVIDENCE_REQUIRED",
    };
    json!({
        "id": dispute.id,
        "dispute_id": dispute.id,
        "amount_money": money(dispute.amount, &dispute.currency),
        "reason": "NO_KNOWLEDGE",
        "state": state,
        "due_at": instant(dispute.due_by),
        "disputed_payment": {"payment_id": charge.id},
        "card_brand": "VISA",
        "created_at": instant(dispute.created_at),
        "updated_at": instant(now),
        "location_id": LOCATION,
        "version": 1,
    })
}
