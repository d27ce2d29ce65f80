//! Every Stripe event we act on, as Stripe writes it (shortened to what is around the fields we read).
#![expect(clippy::unwrap_used, reason = "a fixture that is not as it should be has to fail loudly")]

use std::sync::Arc;

use kernel::{CompanyId, Currency, MethodSetupId, Money, PaymentId, PayoutId, RefundId};
use providers::{
    DisputeStatus, Failure, MethodSummary, ParseError, PaymentProvider, PayoutProgress, ProviderEvent, ProviderName,
    Providers, ProvidersConfig, RefundStatus, StripeConfig, token_hash,
};
use serde_json::{Value, json};

fn stripe() -> Arc<dyn PaymentProvider> {
    let stripe: StripeConfig = serde_json::from_value(json!({"secret_key": "sk_test_x"})).unwrap();
    Providers::new(ProvidersConfig { stripe: Some(stripe), ..ProvidersConfig::default() })
        .unwrap()
        .get(ProviderName::Stripe)
        .unwrap()
}

fn parse(event_type: &str, object: Value) -> Result<ProviderEvent, ParseError> {
    let event = json!({
        "id": "evt_1", "object": "event", "api_version": "2025-01-01.other", "created": 1_806_000_000,
        "type": event_type, "livemode": false, "pending_webhooks": 1, "data": {"object": object},
    });
    stripe().parse_event(event.to_string().as_bytes())
}

fn session(payment: PaymentId, payment_status: &str) -> Value {
    json!({
        "id": "cs_test_1", "object": "checkout.session", "client_reference_id": payment, "metadata": {},
        "payment_intent": "pi_1", "payment_status": payment_status, "amount_total": 9000, "currency": "eur",
        "status": "complete", "mode": "payment",
    })
}

fn intent(payment: PaymentId) -> Value {
    json!({
        "id": "pi_1", "object": "payment_intent", "amount": 9000, "amount_received": 9000, "currency": "eur",
        "metadata": {"payment_id": payment}, "latest_charge": "ch_1",
        "last_payment_error": {
            "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.",
        },
    })
}

fn charge(payment: PaymentId) -> Value {
    json!({
        "id": "ch_1", "object": "charge", "payment_intent": "pi_1", "amount": 9000, "amount_captured": 9000,
        "captured": true, "currency": "eur", "metadata": {"payment_id": payment},
        "payment_method_details": {
            "type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030},
        },
    })
}

fn refund(status: &str, metadata: Value) -> Value {
    json!({
        "id": "re_1", "object": "refund", "amount": 4500, "currency": "eur", "payment_intent": {"id": "pi_1"},
        "charge": "ch_1", "status": status, "metadata": metadata, "failure_reason": "lost_or_stolen_card",
        "balance_transaction": "txn_1",
    })
}

const NINETY: Money = Money::new(9000, Currency::EUR);

#[test]
fn three_events_tell_of_one_payment() {
    let payment = PaymentId::new();
    for (event_type, object) in [
        ("checkout.session.completed", session(payment, "paid")),
        ("checkout.session.async_payment_succeeded", session(payment, "paid")),
        ("payment_intent.succeeded", intent(payment)),
        ("charge.succeeded", charge(payment)),
    ] {
        let ProviderEvent::PaymentSucceeded(told) = parse(event_type, object).unwrap() else { panic!("{event_type}") };
        assert_eq!((told.payment_id, told.provider_payment_id.as_str(), told.amount), (payment, "pi_1", NINETY));
        assert_eq!(told.session_id.is_some(), event_type.starts_with("checkout"));
        assert_eq!(told.occurred_at.as_second(), 1_806_000_000);
    }
}

#[test]
fn the_charge_tells_the_card() {
    let ProviderEvent::PaymentSucceeded(told) = parse("charge.succeeded", charge(PaymentId::new())).unwrap() else {
        panic!()
    };
    let card = MethodSummary {
        kind: "card".into(),
        brand: Some("visa".into()),
        last4: Some("4242".into()),
        exp_month: Some(8),
        exp_year: Some(2030),
    };
    assert_eq!(told.method, Some(card));
}

#[test]
fn a_debit_tells_the_end_of_its_account_and_nothing_else() {
    let mut debited = charge(PaymentId::new());
    debited["payment_method_details"] = json!({"type": "sepa_debit", "sepa_debit": {
        "bank_code": "37040044", "branch_code": "", "country": "DE", "fingerprint": "fx2", "last4": "3000", "mandate": "m_1",
    }});
    let ProviderEvent::PaymentSucceeded(told) = parse("charge.succeeded", debited).unwrap() else {
        panic!("not a payment");
    };
    let method = told.method.unwrap();
    assert_eq!((method.kind.as_str(), method.last4.as_deref()), ("sepa_debit", Some("3000")));
    assert_eq!((method.brand, method.exp_month, method.exp_year), (None, None, None));
}

#[test]
fn an_authorisation_is_not_a_payment() {
    let payment = PaymentId::new();
    let mut held = charge(payment);
    (held["captured"], held["amount_captured"]) = (json!(false), json!(0));
    held["payment_method_details"]["card"]["capture_before"] = json!(1_806_604_800);
    let mut capturable = intent(payment);
    (capturable["amount_capturable"], capturable["amount_received"]) = (json!(9000), json!(0));
    for (event_type, object, until) in [
        ("charge.succeeded", held, Some(1_806_604_800)),
        ("payment_intent.amount_capturable_updated", capturable, None),
    ] {
        let ProviderEvent::PaymentAuthorized(told) = parse(event_type, object).unwrap() else { panic!("{event_type}") };
        assert_eq!((told.payment_id, told.provider_payment_id.as_str(), told.held.amount), (payment, "pi_1", NINETY));
        assert_eq!(told.held.until.map(|until| until.as_second()), until);
    }
    // Captured since: nothing is held any more.
    let captured = parse("payment_intent.amount_capturable_updated", intent(payment)).unwrap();
    assert!(matches!(captured, ProviderEvent::Ignored { .. }));
    let given_up = parse("payment_intent.canceled", intent(payment)).unwrap();
    assert!(matches!(given_up, ProviderEvent::PaymentCanceled(told) if told.payment_id == payment));
}

#[test]
fn what_was_never_captured_is_not_refunded() {
    let mut released = refund("succeeded", Value::Null);
    released["balance_transaction"] = Value::Null;
    assert!(matches!(parse("refund.created", released).unwrap(), ProviderEvent::Ignored { .. }));
}

#[test]
fn a_bank_that_decides_later_is_processing() {
    let payment = PaymentId::new();
    for (event_type, object) in
        [("checkout.session.completed", session(payment, "unpaid")), ("payment_intent.processing", intent(payment))]
    {
        let told = parse(event_type, object).unwrap();
        assert!(matches!(told, ProviderEvent::PaymentProcessing(told) if told.payment_id == payment), "{event_type}");
    }
}

#[test]
fn a_decline_carries_the_issuers_reason() {
    let payment = PaymentId::new();
    let ProviderEvent::PaymentFailed(told) = parse("payment_intent.payment_failed", intent(payment)).unwrap() else {
        panic!()
    };
    let reason = Failure { code: "insufficient_funds".into(), message: "Your card has insufficient funds.".into() };
    assert_eq!((told.payment_id, told.failure, told.amount), (payment, reason, NINETY));
}

#[test]
fn sessions_expire_and_fail() {
    let payment = PaymentId::new();
    let expired = parse("checkout.session.expired", session(payment, "unpaid")).unwrap();
    assert!(matches!(expired, ProviderEvent::SessionExpired(told) if told.session_id == "cs_test_1"));
    let failed = parse("checkout.session.async_payment_failed", session(payment, "unpaid")).unwrap();
    assert!(matches!(failed, ProviderEvent::PaymentFailed(told) if told.payment_id == payment));
}

#[test]
fn refunds_are_told_with_their_status() {
    let id = RefundId::new();
    for (event_type, status, expected) in [
        ("refund.created", "pending", RefundStatus::Pending),
        ("refund.updated", "succeeded", RefundStatus::Succeeded),
        ("refund.failed", "failed", RefundStatus::Failed),
        ("charge.refund.updated", "canceled", RefundStatus::Failed),
        ("refund.updated", "requires_action", RefundStatus::Pending),
    ] {
        let told = parse(event_type, refund(status, json!({"refund_id": id}))).unwrap();
        let ProviderEvent::RefundUpdated(told) = told else { panic!("{event_type}") };
        assert_eq!((told.refund_id, told.status), (Some(id), expected), "{event_type}");
        assert_eq!((told.provider_payment_id.as_str(), told.amount.amount), ("pi_1", 4500));
        assert_eq!(told.failure.is_some(), expected == RefundStatus::Failed);
    }
}

#[test]
fn a_dashboard_refund_has_no_id_of_ours() {
    let told = parse("refund.created", refund("succeeded", Value::Null)).unwrap();
    assert!(matches!(told, ProviderEvent::RefundUpdated(told) if told.refund_id.is_none()));
}

#[test]
fn a_refunded_charge_tells_its_newest_refund_where_it_lists_them() {
    let mut refunded = charge(PaymentId::new());
    let silent = parse("charge.refunded", refunded.clone()).unwrap();
    assert!(matches!(silent, ProviderEvent::Ignored { .. }));
    refunded["refunds"] = json!({"data": [refund("succeeded", json!({}))]});
    let told = parse("charge.refunded", refunded).unwrap();
    assert!(matches!(told, ProviderEvent::RefundUpdated(told) if told.provider_refund_id == "re_1"));
}

#[test]
fn disputes_are_told_with_their_fee_and_due_date() {
    let dispute = |status: &str| {
        json!({
            "id": "dp_1", "object": "dispute", "amount": 9000, "currency": "eur", "payment_intent": "pi_1",
            "status": status, "reason": "fraudulent", "evidence_details": {"due_by": 1_806_600_000},
            "balance_transactions": [{"fee": 2000, "currency": "eur"}],
        })
    };
    for (event_type, status, expected) in [
        ("charge.dispute.created", "needs_response", DisputeStatus::NeedsResponse),
        ("charge.dispute.funds_withdrawn", "needs_response", DisputeStatus::NeedsResponse),
        ("charge.dispute.updated", "under_review", DisputeStatus::UnderReview),
        ("charge.dispute.closed", "won", DisputeStatus::Won),
        ("charge.dispute.closed", "lost", DisputeStatus::Lost),
    ] {
        let ProviderEvent::DisputeUpdated(told) = parse(event_type, dispute(status)).unwrap() else {
            panic!("{event_type}")
        };
        assert_eq!((told.status, told.amount, told.provider_payment_id.as_str()), (expected, NINETY, "pi_1"));
        assert_eq!((told.fee.map(|fee| fee.amount), told.reason.as_str()), (Some(2000), "fraudulent"));
        assert_eq!(told.evidence_due_at.map(jiff::Timestamp::as_second), Some(1_806_600_000));
    }
}

#[test]
fn what_is_not_ours_is_ignored() {
    let mut foreign = intent(PaymentId::new());
    foreign["metadata"] = json!({"payment_id": "order-17"});
    let mut bare = session(PaymentId::new(), "paid");
    bare["client_reference_id"] = Value::Null;
    for (event_type, object) in [
        ("payment_intent.succeeded", foreign),
        ("checkout.session.completed", bare),
        ("customer.created", json!({"id": "cus_1"})),
        ("payment_intent.created", json!({})),
    ] {
        let told = parse(event_type, object).unwrap();
        assert_eq!(told, ProviderEvent::Ignored { event_type: event_type.to_owned() });
    }
}

#[test]
fn broken_events_are_errors() {
    for body in ["", "[]", "{}", r#"{"type":"charge.succeeded"}"#, "\u{0}"] {
        assert!(matches!(stripe().parse_event(body.as_bytes()), Err(ParseError::Malformed(_))), "{body}");
    }
    let mut odd = session(PaymentId::new(), "paid");
    odd["currency"] = json!("xxx");
    assert!(matches!(parse("checkout.session.completed", odd), Err(ParseError::Incomplete { .. })));
    assert!(matches!(parse("payment_intent.succeeded", json!({"id": 7})), Err(ParseError::Incomplete { .. })));
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_is_verified_all_the_same() {
    let secret = "whsec_x";
    let stripe: StripeConfig =
        serde_json::from_value(json!({"secret_key": "sk_test_x", "webhook_secrets": secret})).unwrap();
    let providers = Providers::new(ProvidersConfig { stripe: Some(stripe), ..ProvidersConfig::default() }).unwrap();
    let header = stripe_webhook::Webhook::generate_test_header("not json", secret, Some(1_806_000_000));
    let headers = vec![("STRIPE-SIGNATURE".to_owned(), header)];
    let now = jiff::Timestamp::from_second(1_806_000_010).unwrap();
    let provider = providers.require(ProviderName::Stripe).unwrap();
    let verified = provider.verify_webhook(&headers, b"not json", now).await.unwrap();
    assert!(verified.provider_event_id.starts_with("sha256:") && verified.event_type == "unknown");
    assert_eq!(verified.created_at.as_second(), 1_806_000_000);
}

/// An event of a connected account.
fn of_account(event_type: &str, account: Option<&str>, object: Value) -> Result<ProviderEvent, ParseError> {
    let event = json!({
        "id": "evt_2", "object": "event", "api_version": "2025-01-01.other", "created": 1_806_000_000,
        "type": event_type, "account": account, "data": {"object": object},
    });
    stripe().parse_event(event.to_string().as_bytes())
}

#[test]
fn an_account_says_what_it_can_do_and_whose_it_is() {
    let company_id = CompanyId::new();
    let account = json!({
        "id": "acct_1", "object": "account", "details_submitted": true, "charges_enabled": true,
        "payouts_enabled": true, "default_currency": "eur", "capabilities": {"transfers": "active"},
        "requirements": {
            "currently_due": ["external_account"], "current_deadline": 1_806_100_000, "disabled_reason": "under_review",
        },
        "metadata": {"company_id": company_id},
    });
    let event = of_account("account.updated", Some("acct_1"), account.clone()).unwrap();
    let ProviderEvent::AccountUpdated(told) = event else { panic!("{event:?}") };
    let state = told.state;
    assert_eq!((state.company_id, state.currency), (Some(company_id), Some(Currency::EUR)));
    assert!(state.details_submitted && state.charges_enabled && state.transfers_enabled && state.payouts_enabled);
    assert_eq!(
        (state.requirements_due.as_slice(), state.disabled_reason.as_deref()),
        (&["external_account".to_owned()][..], Some("under_review"))
    );
    assert_eq!(told.occurred_at.as_second(), 1_806_000_000);
    // An account as it is before anything is known, and one that somebody else has made.
    let bare = json!({"id": "acct_1", "object": "account", "metadata": {"company_id": company_id}});
    assert!(
        matches!(of_account("account.updated", None, bare), Ok(ProviderEvent::AccountUpdated(told)) if !told.state.transfers_enabled)
    );
    let other = json!({"id": "acct_2", "object": "account", "metadata": {}});
    assert!(matches!(of_account("account.updated", Some("acct_2"), other), Ok(ProviderEvent::Ignored { .. })));
}

#[test]
fn a_payout_is_ours_by_its_metadata_and_of_a_connected_account() {
    let payout_id = PayoutId::new();
    for (status, expected) in [
        ("pending", PayoutProgress::Pending),
        ("in_transit", PayoutProgress::Pending),
        ("paid", PayoutProgress::Paid),
        ("failed", PayoutProgress::Failed),
        ("canceled", PayoutProgress::Failed),
    ] {
        let payout = json!({
            "id": "po_1", "object": "payout", "amount": 4000, "currency": "eur", "status": status,
            "arrival_date": 1_806_100_000, "failure_code": (status == "failed").then_some("account_closed"),
            "failure_message": null, "metadata": {"payout_id": payout_id},
        });
        let event = of_account("payout.updated", Some("acct_1"), payout.clone()).unwrap();
        let ProviderEvent::PayoutUpdated(told) = event else { panic!("{event:?}") };
        assert_eq!((told.payout_id, told.state.progress, told.state.amount.amount), (payout_id, expected, 4000));
        let code = told.state.failure.map(|failure| failure.code);
        assert_eq!(code.as_deref() == Some("account_closed"), status == "failed");
        // The platform's own payouts, and those made by hand.
        assert!(matches!(of_account("payout.paid", None, payout.clone()), Ok(ProviderEvent::Ignored { .. })));
        let mut by_hand = payout;
        by_hand["metadata"] = json!({});
        assert!(matches!(of_account("payout.paid", Some("acct_1"), by_hand), Ok(ProviderEvent::Ignored { .. })));
    }
}

#[test]
fn a_page_for_a_card_is_no_payment() {
    let setup = MethodSetupId::new();
    let page = json!({
        "id": "cs_test_1", "object": "checkout.session", "client_reference_id": setup, "metadata": {}, "mode": "setup",
        "payment_intent": null, "payment_status": "no_payment_required", "amount_total": null, "currency": null,
        "setup_intent": "seti_1", "status": "complete",
    });
    let intent =
        json!({"id": "seti_1", "object": "setup_intent", "metadata": {"setup_id": setup}, "status": "succeeded"});
    for (event_type, object) in [
        ("checkout.session.completed", page.clone()),
        ("checkout.session.expired", page),
        ("setup_intent.succeeded", intent.clone()),
        ("setup_intent.setup_failed", intent),
    ] {
        let ProviderEvent::SetupMoved(told) = parse(event_type, object).unwrap() else { panic!("{event_type}") };
        assert_eq!(told.setup_id, setup);
    }
    let foreign = parse("setup_intent.succeeded", json!({"id": "seti_2", "metadata": {}})).unwrap();
    assert!(matches!(foreign, ProviderEvent::Ignored { .. }));
}

#[test]
fn a_renewed_card_and_one_that_was_given_up_are_told_without_their_token() {
    let method = json!({
        "id": "pm_1", "object": "payment_method", "type": "card", "customer": "cus_1",
        "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2035},
    });
    for (event_type, exp_year) in [
        ("payment_method.automatically_updated", Some(2035)),
        ("payment_method.updated", Some(2035)),
        ("payment_method.detached", None),
    ] {
        let told = parse(event_type, method.clone()).unwrap();
        assert!(!format!("{told:?}").contains("pm_1"));
        let ProviderEvent::MethodChanged(told) = told else { panic!("{event_type}") };
        assert_eq!(told.token_hash, token_hash("pm_1"));
        assert_eq!(told.now.and_then(|summary| summary.exp_year), exp_year);
    }
}

fn customer_updated(default: Value, before: Value) -> Result<ProviderEvent, ParseError> {
    let object = json!({"id": "cus_1", "object": "customer", "invoice_settings": {"default_payment_method": default}});
    let event = json!({
        "id": "evt_1", "type": "customer.updated", "created": 1_803_891_600,
        "data": {"object": object, "previous_attributes": before},
    });
    stripe().parse_event(event.to_string().as_bytes())
}

#[test]
fn a_default_is_told_by_the_change_that_made_it_and_by_no_other() {
    let settings = json!({"invoice_settings": {"default_payment_method": null}});
    for method in [json!("pm_1"), json!({"id": "pm_1", "object": "payment_method"})] {
        let told = customer_updated(method, settings.clone()).unwrap();
        let ProviderEvent::DefaultChosen(told) = told else { panic!("{told:?}") };
        assert_eq!((told.provider_customer_id.as_str(), told.token_hash), ("cus_1", token_hash("pm_1")));
    }
    for (default, before) in [
        (json!("pm_1"), json!({"email": "ada@example.com"})),
        (json!("pm_1"), json!({"invoice_settings": {"footer": null}})),
        (json!("pm_1"), Value::Null),
        (Value::Null, settings),
    ] {
        let told = customer_updated(default, before).unwrap();
        assert_eq!(told, ProviderEvent::Ignored { event_type: "customer.updated".to_owned() });
    }
}

#[test]
fn what_a_payment_is_confirmed_with_is_taken_out_wherever_it_stands() {
    let body = br#"{"type":"x", "data":{"object":{"client_secret":"pi_1_secret_a","list":[{"client_secret":"pi_2_secret_b"}]}}}"#;
    let kept: Value = serde_json::from_slice(&stripe().without_secrets(body)).unwrap();
    assert_eq!(kept["data"]["object"], json!({"client_secret": null, "list": [{"client_secret": null}]}));
    for same in [&b"{\"a\" : 1, \"client_secret\":null}"[..], b"no json", b"\xff"] {
        assert_eq!(stripe().without_secrets(same), same);
    }
}
