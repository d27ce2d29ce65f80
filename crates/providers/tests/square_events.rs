//! Every Square event we act on, as Square writes it (shortened to what is around the fields we read).
#![expect(clippy::unwrap_used, reason = "a fixture that is not as it should be has to fail loudly")]

use std::sync::Arc;

use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{
    DisputeStatus, Failure, ParseError, PaymentProvider, ProviderEvent, ProviderName, Providers, ProvidersConfig,
    RefundStatus, SquareConfig,
};
use serde_json::{Value, json};

fn square() -> Arc<dyn PaymentProvider> {
    let square: SquareConfig = serde_json::from_value(json!({"access_token": "EAAA", "location_id": "L1"})).unwrap();
    let config = ProvidersConfig { square: Some(square), ..ProvidersConfig::default() };
    Providers::new(config).unwrap().get(ProviderName::Square).unwrap()
}

fn parse(event_type: &str, object: &Value) -> Result<ProviderEvent, ParseError> {
    let event = json!({
        "merchant_id": "M1", "type": event_type, "event_id": "e-1", "created_at": "2027-03-28T10:00:00.123Z",
        "data": {"type": "x", "id": "x", "object": object},
    });
    square().parse_event(event.to_string().as_bytes())
}

fn payment(payment: PaymentId, status: &str) -> Value {
    json!({"payment": {
        "id": "p1", "status": status, "order_id": "o1", "note": format!("Room 1, 28 March {payment}"),
        "amount_money": {"amount": 9000, "currency": "EUR"}, "total_money": {"amount": 9000, "currency": "EUR"},
        "source_type": "CARD",
        "card_details": {
            "card": {"card_brand": "VISA", "last_4": "4242", "exp_month": 8, "exp_year": 2030},
            "errors": [{"category": "PAYMENT_METHOD_ERROR", "code": "INSUFFICIENT_FUNDS", "detail": "Not enough."}],
        },
    }})
}

fn refund(status: &str, reason: &str) -> Value {
    let money = json!({"amount": 4500, "currency": "EUR"});
    json!({"refund": {"id": "r1", "status": status, "amount_money": money, "payment_id": "p1", "reason": reason}})
}

const NINETY: Money = Money::new(9000, Currency::EUR);

#[test]
fn a_completed_payment_is_known_by_its_note() {
    let ours = PaymentId::new();
    for event_type in ["payment.created", "payment.updated"] {
        let ProviderEvent::PaymentSucceeded(told) = parse(event_type, &payment(ours, "COMPLETED")).unwrap() else {
            panic!("{event_type}")
        };
        assert_eq!((told.payment_id, told.provider_payment_id.as_str(), told.amount), (ours, "p1", NINETY));
        assert_eq!(told.method.unwrap().last4.as_deref(), Some("4242"));
    }
}

#[test]
fn an_authorisation_is_processing_and_a_failure_carries_the_reason() {
    let ours = PaymentId::new();
    for status in ["APPROVED", "PENDING"] {
        let told = parse("payment.updated", &payment(ours, status)).unwrap();
        assert!(matches!(told, ProviderEvent::PaymentProcessing(told) if told.payment_id == ours), "{status}");
    }
    let ProviderEvent::PaymentFailed(told) = parse("payment.updated", &payment(ours, "FAILED")).unwrap() else {
        panic!()
    };
    assert_eq!(told.failure, Failure { code: "insufficient_funds".into(), message: "Not enough.".into() });
}

#[test]
fn refunds_are_told_with_their_status_and_a_dashboard_refund_has_no_id_of_ours() {
    let id = RefundId::new();
    for (status, expected) in [
        ("PENDING", RefundStatus::Pending),
        ("COMPLETED", RefundStatus::Succeeded),
        ("REJECTED", RefundStatus::Failed),
        ("FAILED", RefundStatus::Failed),
    ] {
        let told = parse("refund.updated", &refund(status, &format!("Requested by customer {id}"))).unwrap();
        let ProviderEvent::RefundUpdated(told) = told else { panic!("{status}") };
        assert_eq!((told.refund_id, told.status, told.amount.amount), (Some(id), expected, 4500));
        assert_eq!(told.failure.is_some(), expected == RefundStatus::Failed);
    }
    let told = parse("refund.created", &refund("COMPLETED", "The customer was unhappy")).unwrap();
    assert!(matches!(told, ProviderEvent::RefundUpdated(told) if told.refund_id.is_none()));
}

#[test]
fn disputes_name_their_payment_and_when_evidence_is_due() {
    for (state, expected) in [
        ("EVIDENCE_REQUIRED", DisputeStatus::NeedsResponse),
        ("PROCESSING", DisputeStatus::UnderReview),
        ("WON", DisputeStatus::Won),
        ("ACCEPTED", DisputeStatus::Lost),
    ] {
        let dispute = json!({"dispute": {
            "dispute_id": "d1", "amount_money": {"amount": 9000, "currency": "EUR"}, "reason": "NOT_AS_DESCRIBED",
            "state": state, "due_at": "2027-04-04T00:00:00Z", "disputed_payment": {"payment_id": "p1"},
        }});
        let ProviderEvent::DisputeUpdated(told) = parse("dispute.state.updated", &dispute).unwrap() else {
            panic!("{state}")
        };
        assert_eq!((told.status, told.amount, told.provider_payment_id.as_str()), (expected, NINETY, "p1"));
        assert_eq!((told.reason.as_str(), told.evidence_due_at.is_some()), ("not_as_described", true));
    }
}

#[test]
fn what_is_not_ours_is_ignored_and_what_is_broken_is_an_error() {
    let mut till = payment(PaymentId::new(), "COMPLETED");
    till["payment"]["note"] = json!("Two coffees");
    for (event_type, object) in [("payment.updated", till), ("inventory.count.updated", json!({}))] {
        let told = parse(event_type, &object).unwrap();
        assert_eq!(told, ProviderEvent::Ignored { event_type: event_type.to_owned() });
    }
    let mut odd = payment(PaymentId::new(), "COMPLETED");
    odd["payment"]["total_money"]["currency"] = json!("XXX");
    assert!(matches!(parse("payment.updated", &odd), Err(ParseError::Incomplete { .. })));
    assert!(matches!(parse("payment.updated", &json!({})), Err(ParseError::Incomplete { .. })));
    for body in ["", "[]", "{}", r#"{"type":"payment.updated"}"#] {
        assert!(matches!(square().parse_event(body.as_bytes()), Err(ParseError::Malformed(_))), "{body}");
    }
}
