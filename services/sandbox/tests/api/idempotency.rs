//! Idempotency keys as Stripe keeps them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use kernel::{Currency, Money, PaymentId};
use providers::ProviderError;

use crate::harness::TestSandbox;

const REFUND: &str = "/stripe/v1/refunds";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gives_the_same_session_and_another_is_refused() {
    let sandbox = TestSandbox::start().await;
    let request = sandbox.session_request(PaymentId::new());
    let first = sandbox.stripe.create_session(request.clone()).await.unwrap();
    assert_eq!(sandbox.stripe.create_session(request.clone()).await.unwrap(), first);

    let other = providers::SessionRequest { amount: Money::new(9001, Currency::EUR), ..request };
    let refused = sandbox.stripe.create_session(other).await.unwrap_err();
    assert!(matches!(refused, ProviderError::KeyReused(_)), "{refused}");
    assert!(!refused.is_retryable());
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_calls_at_once_open_one_session() {
    let sandbox = TestSandbox::start().await;
    let request = sandbox.session_request(PaymentId::new());
    let results = join_all((0..20).map(|_| sandbox.stripe.create_session(request.clone()))).await;
    let mut sessions = BTreeSet::new();
    for result in results {
        match result {
            Ok(session) => drop(sessions.insert(session.provider_session_id)),
            Err(error) => assert_eq!(error, ProviderError::Conflict),
        }
    }
    assert_eq!(sessions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_kept_and_bad_parameters_are_not() {
    let sandbox = TestSandbox::start().await;
    let post = |body: &str| sandbox.form(REFUND, body).bearer("sk_test_1").idempotency_key("refund:1").send();
    let unreadable = post("payment_intent=pi_1&amount=0").await;
    assert_eq!(unreadable.status.as_u16(), 400);
    let unknown = post("payment_intent=pi_1&amount=5").await;
    assert_eq!((unknown.status.as_u16(), unknown.headers.get("idempotent-replayed")), (404, None));
    let replayed = post("amount=5&payment_intent=pi_1").await;
    assert_eq!(replayed.headers.get("idempotent-replayed").unwrap(), "true");
    assert_eq!(replayed.text, unknown.text);
    let other = post("payment_intent=pi_2&amount=5").await.expect(400);
    assert_eq!(other["error"]["type"], "idempotency_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_forgotten_after_a_day() {
    let sandbox = TestSandbox::start().await;
    let post = || sandbox.form(REFUND, "charge=ch_1").bearer("sk_test_1").idempotency_key("k").send();
    post().await;
    sandbox.advance(24 * 60 * 60).await;
    assert_eq!(post().await.headers.get("idempotent-replayed"), None);
}
