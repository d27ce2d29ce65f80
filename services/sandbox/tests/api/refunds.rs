//! Refunds: never more than was paid.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{
    MovementKind, MovementsRequest, ProviderError, ProviderEvent, ProviderName, RefundReason, RefundRequest,
    RefundStatus,
};
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
        application_fee: None,
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

/// A refund of this provider goes out and comes back; what is told then.
async fn refunded_in_vain(sandbox: &TestSandbox, name: ProviderName) -> (RefundRequest, Option<RefundRequest>) {
    let (payment_id, session) = sandbox.session_at(name).await;
    let provider = sandbox.provider(name);
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    let state = provider.complete_session(&session.provider_session_id).await.unwrap();
    let intent = state.payment.provider_payment_id.unwrap();
    let wanted = request(payment_id, &intent, 4500);
    let refund = provider.refund(wanted.clone()).await.unwrap();
    let path = format!("/sandbox/refunds/{payment_id}/fail");
    assert_eq!(sandbox.post(&path).send().await.status.as_u16(), 204);
    let told = sandbox.told("the failure", |event| match event {
        ProviderEvent::RefundUpdated(told) if told.status == RefundStatus::Failed => {
            (told.provider_payment_id == intent).then(|| told.clone())
        }
        _ => None,
    });
    let told = told.await;
    assert_eq!((told.provider_refund_id, told.failure.is_some()), (refund.provider_refund_id.clone(), true));
    assert_eq!(provider.retrieve_refund(&refund.provider_refund_id).await.unwrap().status, RefundStatus::Failed);
    sandbox.post(&path).send().await.expect_problem(404, "not_found");
    // All of it can go back in another try.
    let again = request(payment_id, &intent, 9000);
    let again = provider.refund(again.clone()).await.is_ok().then_some(again);
    (wanted, again)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_fails_after_it_went_out_is_told_by_each_provider_and_listed_as_moved() {
    let sandbox = TestSandbox::start().await;
    for name in [ProviderName::Square, ProviderName::Paypal] {
        assert!(refunded_in_vain(&sandbox, name).await.1.is_some(), "{name}");
    }
    let (failed, again) = refunded_in_vain(&sandbox, ProviderName::Stripe).await;
    let now = sandbox.platform.clock.now();
    let hour = SignedDuration::from_hours(1);
    let span = MovementsRequest { from: now - hour, to: now + hour, after: None };
    let moved = sandbox.stripe.statement().unwrap().list_movements(span).await.unwrap().movements;
    let of = |refund_id: RefundId| {
        let ours = moved.iter().filter(move |moved| moved.reference == Some(refund_id.to_string()));
        let mut found: Vec<_> = ours
            .map(|moved| match &moved.told {
                Some(ProviderEvent::RefundUpdated(told)) => (moved.kind.as_str(), moved.amount.amount, told.status),
                other => panic!("{other:?}"),
            })
            .collect();
        found.sort_unstable_by_key(|(_, amount, _)| *amount);
        found
    };
    let (out, back) = (MovementKind::Refund.as_str(), MovementKind::RefundReturn.as_str());
    assert_eq!(of(failed.refund_id), [(out, -4500, RefundStatus::Failed), (back, 4500, RefundStatus::Failed)]);
    assert_eq!(of(again.unwrap().refund_id), [(out, -9000, RefundStatus::Succeeded)]);
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
