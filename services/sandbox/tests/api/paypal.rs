//! A payment at PayPal, as the platform's client sees it.

use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{
    ExpireOutcome, PaymentStatus, ProviderError, ProviderEvent, ProviderName, RefundRequest, RefundStatus,
    SessionStatus,
};
use serde_json::json;

use crate::harness::{AUTHENTICATION, NO_FUNDS, SUCCESS, TestSandbox};

const PAYPAL: ProviderName = ProviderName::Paypal;
const NINETY: Money = Money::new(9000, Currency::EUR);

fn refund_of(payment_id: PaymentId, capture_id: &str, amount: i64) -> RefundRequest {
    RefundRequest {
        refund_id: RefundId::new(),
        payment_id,
        provider_payment_id: capture_id.to_owned(),
        amount: Money::new(amount, Currency::EUR),
        reason: None,
        application_fee: None,
    }
}

/// A session that was approved and captured, and the capture's id.
async fn paid(sandbox: &TestSandbox) -> (PaymentId, String) {
    let (payment_id, session) = sandbox.session_at(PAYPAL).await;
    assert_eq!(sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await, "succeeded");
    let state = sandbox.provider(PAYPAL).complete_session(&session.provider_session_id).await.unwrap();
    (payment_id, state.payment.provider_payment_id.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_order_is_paid_by_its_capture_once() {
    let sandbox = TestSandbox::start().await;
    let paypal = sandbox.provider(PAYPAL);
    let (payment_id, session) = sandbox.session_at(PAYPAL).await;
    let id = &session.provider_session_id;
    assert_eq!(paypal.complete_session(id).await.unwrap().status, SessionStatus::Open, "nobody has approved it");

    assert_eq!(sandbox.complete(&payment_id.to_string(), SUCCESS, json!({})).await, "succeeded");
    let approved = sandbox.told("the approval", |event| match event {
        ProviderEvent::SessionApproved(told) => Some(told.clone()),
        _ => None,
    });
    let approved = approved.await;
    assert_eq!((approved.payment_id, &approved.session_id), (payment_id, id));
    let state = paypal.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Approved, PaymentStatus::Unpaid));

    let captures = futures_util::future::join_all((0..10).map(|_| paypal.complete_session(id))).await;
    let mut ids: Vec<_> = captures.into_iter().filter_map(|state| state.ok()?.payment.provider_payment_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "one capture, however often it is asked for");
    let state = paypal.complete_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.amount_received), (SessionStatus::Complete, NINETY));
    let told = sandbox.told("the capture", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => Some(told.clone()),
        _ => None,
    });
    let told = told.await;
    assert_eq!((told.payment_id, told.provider_payment_id, told.amount), (payment_id, ids.remove(0), NINETY));
    assert_eq!(paypal.expire_session(id).await.unwrap(), ExpireOutcome::AlreadyComplete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_capture_lets_the_customer_choose_again() {
    let sandbox = TestSandbox::start().await;
    let paypal = sandbox.provider(PAYPAL);
    let (_, session) = sandbox.session_at(PAYPAL).await;
    let id = &session.provider_session_id;
    assert_eq!(sandbox.complete(id, NO_FUNDS, json!({})).await, "declined");
    let state = paypal.complete_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Open, PaymentStatus::Failed));
    assert_eq!(state.payment.failure.unwrap().code, "instrument_declined");
    assert_eq!(sandbox.complete(id, SUCCESS, json!({})).await, "succeeded");
    assert_eq!(paypal.complete_session(id).await.unwrap().payment.status, PaymentStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_nobody_approves_is_forgotten_and_one_given_up_is_not_paid() {
    let sandbox = TestSandbox::start().await;
    let paypal = sandbox.provider(PAYPAL);
    let (_, session) = sandbox.session_at(PAYPAL).await;
    let id = &session.provider_session_id;
    assert_eq!(paypal.expire_session(id).await.unwrap(), ExpireOutcome::Expired);
    sandbox.advance(7 * 3600).await;
    assert!(matches!(paypal.retrieve_session(id).await, Err(ProviderError::NotFound(_))));
    assert_eq!(paypal.expire_session(id).await.unwrap(), ExpireOutcome::AlreadyExpired);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_again_is_the_same_order_and_another_call_is_refused() {
    let sandbox = TestSandbox::start().await;
    let paypal = sandbox.provider(PAYPAL);
    let request = sandbox.session_request(PaymentId::new());
    let first = paypal.create_session(request.clone()).await.unwrap();
    assert_eq!(paypal.create_session(request.clone()).await.unwrap(), first);
    let other = providers::SessionRequest { amount: Money::new(9001, Currency::EUR), ..request };
    assert!(matches!(paypal.create_session(other).await, Err(ProviderError::KeyReused(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_idempotent_told_and_never_exceed_the_capture() {
    let sandbox = TestSandbox::start().await;
    let paypal = sandbox.provider(PAYPAL);
    let (payment_id, capture_id) = paid(&sandbox).await;
    let request = refund_of(payment_id, &capture_id, 4000);
    let refund = paypal.refund(request.clone()).await.unwrap();
    assert_eq!((refund.status, refund.amount.amount), (RefundStatus::Succeeded, 4000));
    assert_eq!(paypal.refund(request.clone()).await.unwrap(), refund);
    assert_eq!(paypal.retrieve_refund(&refund.provider_refund_id).await.unwrap(), refund);
    let told = sandbox.told("the refund", |event| match event {
        ProviderEvent::RefundUpdated(told) => Some(told.clone()),
        _ => None,
    });
    let told = told.await;
    assert_eq!((told.refund_id, &told.provider_payment_id), (Some(request.refund_id), &capture_id));
    let too_much = paypal.refund(refund_of(payment_id, &capture_id, 5001)).await;
    assert!(matches!(too_much, Err(ProviderError::InvalidRequest(f)) if f.code == "refund_amount_exceeded"));
    paypal.refund(refund_of(payment_id, &capture_id, 5000)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_whose_answer_was_lost_is_found_by_asking_again() {
    let sandbox = TestSandbox::start().await;
    let paypal = sandbox.provider(PAYPAL);
    let (_, session) = sandbox.session_at(PAYPAL).await;
    let id = &session.provider_session_id;
    sandbox.complete(id, SUCCESS, json!({"drop": true})).await;
    sandbox.fault(json!({"provider": "paypal", "status": 503, "path": "/capture", "after_the_work": true})).await;
    assert!(paypal.complete_session(id).await.unwrap_err().outcome_is_unknown());
    assert_eq!(paypal.complete_session(id).await.unwrap().payment.status, PaymentStatus::Succeeded);
    assert!(sandbox.hook.events().is_empty(), "dropped webhooks stay dropped, those of the capture too");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_d_secure_waits_for_the_customer() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session_at(PAYPAL).await;
    let id = &session.provider_session_id;
    assert_eq!(sandbox.complete(id, AUTHENTICATION, json!({})).await, "requires_action");
    assert_eq!(sandbox.provider(PAYPAL).retrieve_session(id).await.unwrap().status, SessionStatus::Open);
    let approve = sandbox.post(&format!("/sandbox/checkout/{payment_id}/authenticate")).json(json!({"approve": true}));
    assert_eq!(approve.send().await.expect(200)["outcome"], "succeeded");
    let state = sandbox.provider(PAYPAL).complete_session(id).await.unwrap();
    assert_eq!(state.payment.status, PaymentStatus::Succeeded);
}
