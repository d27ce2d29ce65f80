//! Refunds: never more than was paid.

use futures_util::future::join_all;
use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{ProviderError, ProviderEvent, RefundReason, RefundRequest, RefundStatus};
use serde_json::json;

use crate::harness::{SUCCESS, TestSandbox};

async fn paid(sandbox: &TestSandbox) -> (PaymentId, String) {
    let (payment_id, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    let state = sandbox.stripe.retrieve_session(&session.provider_session_id).await.unwrap();
    (payment_id, state.payment.provider_payment_id.unwrap())
}

fn request(payment_id: PaymentId, provider_payment_id: &str, amount: i64) -> RefundRequest {
    RefundRequest {
        refund_id: RefundId::new(),
        payment_id,
        provider_payment_id: provider_payment_id.to_owned(),
        amount: Money::new(amount, Currency::EUR),
        reason: Some(RefundReason::RequestedByCustomer),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_paid_back_told_and_found_again() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, intent) = paid(&sandbox).await;
    let wanted = request(payment_id, &intent, 4500);
    let refund = sandbox.stripe.refund(wanted.clone()).await.unwrap();
    assert_eq!((refund.status, refund.amount.amount), (RefundStatus::Succeeded, 4500));
    assert_eq!(sandbox.stripe.refund(wanted.clone()).await.unwrap(), refund, "the same key, the same refund");
    assert_eq!(sandbox.stripe.retrieve_refund(&refund.provider_refund_id).await.unwrap(), refund);
    let told = sandbox.told("the refund", |event| match event {
        ProviderEvent::RefundUpdated(told) => Some(told.clone()),
        _ => None,
    });
    let told = told.await;
    assert_eq!((told.refund_id, told.provider_payment_id), (Some(wanted.refund_id), intent.clone()));

    let path = format!("/stripe/v1/refunds?payment_intent={intent}&expand[]=data.charge");
    let list = sandbox.get(&path).bearer("sk_test_1").send().await.expect(200);
    assert_eq!(list["data"][0]["id"], json!(refund.provider_refund_id));
    assert_eq!(list["data"][0]["charge"]["amount_refunded"], 4500);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_is_left_is_refused() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, intent) = paid(&sandbox).await;
    sandbox.stripe.refund(request(payment_id, &intent, 8000)).await.unwrap();
    let refused = sandbox.stripe.refund(request(payment_id, &intent, 1001)).await.unwrap_err();
    assert!(matches!(refused, ProviderError::InvalidRequest(_)), "{refused}");
    sandbox.stripe.refund(request(payment_id, &intent, 1000)).await.unwrap();
    let refused = sandbox.stripe.refund(request(payment_id, &intent, 1)).await.unwrap_err();
    assert!(
        matches!(&refused, ProviderError::InvalidRequest(why) if why.code == "charge_already_refunded"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refunds_at_once_never_exceed_the_payment() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, intent) = paid(&sandbox).await;
    let refunds = (0..20).map(|_| sandbox.stripe.refund(request(payment_id, &intent, 1000)));
    let results = join_all(refunds).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 9, "{results:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_paid_cannot_be_refunded() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, "4000000000000002", json!({})).await;
    let state = sandbox.stripe.retrieve_session(&session.provider_session_id).await.unwrap();
    let intent = state.payment.provider_payment_id.unwrap();
    let refused = sandbox.stripe.refund(request(payment_id, &intent, 1)).await.unwrap_err();
    assert!(matches!(refused, ProviderError::InvalidRequest(_)), "{refused}");
    let unknown = sandbox.stripe.refund(request(payment_id, "pi_unknown", 1)).await.unwrap_err();
    assert!(matches!(unknown, ProviderError::NotFound(_)), "{unknown}");
}
