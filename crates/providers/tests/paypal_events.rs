//! Every PayPal event we act on, as PayPal writes it (shortened to what is around the fields we read).
#![expect(clippy::unwrap_used, reason = "a fixture that is not as it should be has to fail loudly")]

use std::sync::Arc;

use kernel::{Currency, Money, PaymentId, PayoutId, RefundId};
use providers::{
    DisputeStatus, ParseError, PaymentProvider, PayoutProgress, PaypalConfig, ProviderEvent, ProviderName, Providers,
    ProvidersConfig, RefundStatus,
};
use serde_json::{Value, json};

fn paypal() -> Arc<dyn PaymentProvider> {
    let paypal: PaypalConfig = serde_json::from_value(json!({"client_id": "id", "client_secret": "secret"})).unwrap();
    let config = ProvidersConfig { paypal: Some(paypal), ..ProvidersConfig::default() };
    Providers::new(config).unwrap().get(ProviderName::Paypal).unwrap()
}

fn parse(event_type: &str, resource: &Value) -> Result<ProviderEvent, ParseError> {
    let event = json!({
        "id": "WH-1", "event_version": "1.0", "create_time": "2027-03-28T10:00:00.123Z", "event_type": event_type,
        "resource": resource,
    });
    paypal().parse_event(event.to_string().as_bytes())
}

fn order(payment: PaymentId) -> Value {
    let amount = json!({"currency_code": "EUR", "value": "90.00"});
    json!({"id": "O1", "status": "APPROVED", "purchase_units": [{"custom_id": payment, "amount": amount}]})
}

fn capture(payment: PaymentId, status: &str) -> Value {
    let amount = json!({"currency_code": "EUR", "value": "90.00"});
    json!({"id": "C1", "status": status, "custom_id": payment, "amount": amount, "status_details": {"reason": "RISK"}})
}

fn refund(status: &str, custom_id: Value) -> Value {
    json!({
        "id": "R1", "status": status, "custom_id": custom_id, "amount": {"currency_code": "EUR", "value": "45.00"},
        "links": [
            {"href": "https://api.paypal.com/v2/payments/refunds/R1", "rel": "self", "method": "GET"},
            {"href": "https://api.paypal.com/v2/payments/captures/C1", "rel": "up", "method": "GET"},
        ],
    })
}

#[test]
fn an_approval_is_no_payment() {
    let ours = PaymentId::new();
    let ProviderEvent::SessionApproved(told) = parse("CHECKOUT.ORDER.APPROVED", &order(ours)).unwrap() else {
        panic!()
    };
    assert_eq!((told.payment_id, told.session_id.as_str()), (ours, "O1"));
    let expired = parse("CHECKOUT.ORDER.VOIDED", &order(ours)).unwrap();
    assert!(matches!(expired, ProviderEvent::SessionExpired(told) if told.payment_id == ours));
}

#[test]
fn a_capture_is_the_payment() {
    let ours = PaymentId::new();
    let told = parse("PAYMENT.CAPTURE.COMPLETED", &capture(ours, "COMPLETED")).unwrap();
    let ProviderEvent::PaymentSucceeded(told) = told else { panic!() };
    let ninety = Money::new(9000, Currency::EUR);
    assert_eq!((told.payment_id, told.provider_payment_id.as_str(), told.amount), (ours, "C1", ninety));
    let told = parse("PAYMENT.CAPTURE.PENDING", &capture(ours, "PENDING")).unwrap();
    assert!(matches!(told, ProviderEvent::PaymentProcessing(told) if told.payment_id == ours));
    for event_type in ["PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED"] {
        let told = parse(event_type, &capture(ours, "DECLINED")).unwrap();
        assert!(matches!(told, ProviderEvent::PaymentFailed(told) if told.failure.code == "risk"), "{event_type}");
    }
}

#[test]
fn refunds_name_their_capture_in_a_link() {
    let id = RefundId::new();
    for (event_type, status, expected) in [
        ("PAYMENT.CAPTURE.REFUNDED", "COMPLETED", RefundStatus::Succeeded),
        ("PAYMENT.CAPTURE.REVERSED", "COMPLETED", RefundStatus::Succeeded),
        ("PAYMENT.REFUND.PENDING", "PENDING", RefundStatus::Pending),
        ("PAYMENT.REFUND.FAILED", "FAILED", RefundStatus::Failed),
    ] {
        let ProviderEvent::RefundUpdated(told) = parse(event_type, &refund(status, json!(id))).unwrap() else {
            panic!("{event_type}")
        };
        assert_eq!((told.refund_id, told.provider_payment_id.as_str(), told.status), (Some(id), "C1", expected));
    }
    let told = parse("PAYMENT.CAPTURE.REFUNDED", &refund("COMPLETED", Value::Null)).unwrap();
    assert!(matches!(told, ProviderEvent::RefundUpdated(told) if told.refund_id.is_none()));
}

#[test]
fn disputes_are_decided_by_their_outcome() {
    for (status, outcome, expected) in [
        ("OPEN", Value::Null, DisputeStatus::NeedsResponse),
        ("UNDER_REVIEW", Value::Null, DisputeStatus::UnderReview),
        ("RESOLVED", json!({"outcome_code": "RESOLVED_SELLER_FAVOUR"}), DisputeStatus::Won),
        ("RESOLVED", json!({"outcome_code": "RESOLVED_BUYER_FAVOUR"}), DisputeStatus::Lost),
        ("RESOLVED", Value::Null, DisputeStatus::Lost),
    ] {
        let dispute = json!({
            "dispute_id": "PP-D-1", "status": status, "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "dispute_amount": {"currency_code": "EUR", "value": "90.00"}, "dispute_outcome": outcome,
            "seller_response_due_date": "2027-04-04T00:00:00Z",
            "disputed_transactions": [{"seller_transaction_id": "C1"}],
        });
        let ProviderEvent::DisputeUpdated(told) = parse("CUSTOMER.DISPUTE.UPDATED", &dispute).unwrap() else {
            panic!("{status}")
        };
        assert_eq!((told.status, told.provider_payment_id.as_str(), told.amount.amount), (expected, "C1", 9000));
    }
}

fn item(sender_item_id: &Value, status: &str) -> Value {
    json!({
        "transaction_id": "4S141967GH156380H", "payout_item_fee": {"currency": "EUR", "value": "0.85"},
        "transaction_status": status, "time_processed": "2027-03-28T10:00:00Z", "payout_batch_id": "TTCRZ4XT444KY",
        "payout_item_id": "EY3RNXM3SDPWU", "sender_batch_id": "pot_1-0", "activity_id": "8HX2154382878544N",
        "payout_item": {
            "recipient_type": "EMAIL", "amount": {"currency": "EUR", "value": "42.84"}, "receiver": "studio@example.com",
            "sender_item_id": sender_item_id, "recipient_wallet": "PAYPAL", "purpose": "SERVICES",
        },
    })
}

#[test]
fn an_item_of_a_batch_is_a_payout_of_ours_in_each_of_its_states() {
    use PayoutProgress::{Failed, Paid, Pending};
    let ours = PayoutId::new();
    for (event_type, status, progress, code) in [
        ("SUCCEEDED", "SUCCESS", Paid, None),
        ("UNCLAIMED", "UNCLAIMED", Pending, Some("unclaimed")),
        ("HELD", "ONHOLD", Pending, Some("onhold")),
        ("FAILED", "FAILED", Failed, Some("failed")),
        ("BLOCKED", "BLOCKED", Failed, Some("blocked")),
        ("RETURNED", "RETURNED", Failed, Some("returned")),
        ("REFUNDED", "REFUNDED", Failed, Some("refunded")),
        ("CANCELED", "RETURNED", Failed, Some("returned")),
    ] {
        let told = parse(&format!("PAYMENT.PAYOUTS-ITEM.{event_type}"), &item(&json!(ours), status)).unwrap();
        let ProviderEvent::PayoutUpdated(told) = told else { panic!("{event_type}") };
        assert_eq!((told.payout_id, told.provider_account_id, told.state.progress), (ours, None, progress));
        assert_eq!(told.state.failure.map(|failure| failure.code).as_deref(), code, "{event_type}");
        assert_eq!((told.state.provider_payout_id.as_str(), told.state.amount.amount), ("TTCRZ4XT444KY", 4284));
        assert_eq!(told.state.movement_id.is_some(), status != "FAILED", "what failed has never left");
    }
}

#[test]
fn what_an_item_waits_for_is_said_in_paypals_words() {
    let mut unclaimed = item(&json!(PayoutId::new()), "UNCLAIMED");
    unclaimed["errors"] = json!({
        "name": "RECEIVER_UNREGISTERED", "message": "Receiver is unregistered", "debug_id": "1",
        "information_link": "https://developer.paypal.com/docs/api/payments.payouts-batch/#errors", "details": [],
    });
    let told = parse("PAYMENT.PAYOUTS-ITEM.UNCLAIMED", &unclaimed).unwrap();
    let ProviderEvent::PayoutUpdated(told) = told else { panic!("{told:?}") };
    let failure = told.state.failure.unwrap();
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        ("receiver_unregistered", "Receiver is unregistered")
    );
}

#[test]
fn a_batch_is_told_of_only_where_it_is_turned_down_as_a_whole() {
    let ours = PayoutId::new();
    let batch = |status: &str, id: &str| {
        json!({
            "batch_header": {
                "payout_batch_id": "TTCRZ4XT444KY", "batch_status": status, "time_created": "2027-03-28T10:00:00Z",
                "sender_batch_header": {"sender_batch_id": id}, "amount": {"currency": "EUR", "value": "42.84"},
            },
            "links": [],
        })
    };
    let told = parse("PAYMENT.PAYOUTSBATCH.DENIED", &batch("DENIED", &format!("{ours}-1"))).unwrap();
    let ProviderEvent::PayoutUpdated(told) = told else { panic!("{told:?}") };
    assert_eq!((told.payout_id, told.state.progress), (ours, PayoutProgress::Failed));
    for (event_type, batch) in [
        ("PAYMENT.PAYOUTSBATCH.PROCESSING", batch("PROCESSING", &format!("{ours}-1"))),
        ("PAYMENT.PAYOUTSBATCH.SUCCESS", batch("SUCCESS", &format!("{ours}-1"))),
        ("PAYMENT.PAYOUTSBATCH.DENIED", batch("DENIED", "Payouts_2018_100007")),
        ("PAYMENT.PAYOUTS-ITEM.SUCCEEDED", item(&json!("201403140001"), "SUCCESS")),
        ("PAYMENT.PAYOUTS-ITEM.SUCCEEDED", item(&Value::Null, "SUCCESS")),
    ] {
        let told = parse(event_type, &batch).unwrap();
        assert_eq!(told, ProviderEvent::Ignored { event_type: event_type.to_owned() });
    }
}

#[test]
fn what_is_not_ours_is_ignored_and_what_is_broken_is_an_error() {
    let mut foreign = capture(PaymentId::new(), "COMPLETED");
    foreign["custom_id"] = json!("order-17");
    for (event_type, resource) in [("PAYMENT.CAPTURE.COMPLETED", foreign), ("BILLING.PLAN.CREATED", json!({}))] {
        let told = parse(event_type, &resource).unwrap();
        assert_eq!(told, ProviderEvent::Ignored { event_type: event_type.to_owned() });
    }
    let mut odd = capture(PaymentId::new(), "COMPLETED");
    odd["amount"]["value"] = json!("ninety");
    assert!(matches!(parse("PAYMENT.CAPTURE.COMPLETED", &odd), Err(ParseError::Incomplete { .. })));
    assert!(matches!(parse("PAYMENT.CAPTURE.COMPLETED", &json!([])), Err(ParseError::Incomplete { .. })));
    for body in ["", "[]", "{}", r#"{"event_type":"PAYMENT.CAPTURE.COMPLETED"}"#] {
        assert!(matches!(paypal().parse_event(body.as_bytes()), Err(ParseError::Malformed(_))), "{body}");
    }
}
