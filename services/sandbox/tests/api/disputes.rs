//! Disputes of each provider, as the platform's clients hear of them.

use providers::{DisputeStatus, DisputeUpdated, ProviderEvent, ProviderName};
use serde_json::json;

use crate::harness::TestSandbox;

const DISPUTED: &str = "4000000000000259";

async fn heard(sandbox: &TestSandbox, status: DisputeStatus) -> DisputeUpdated {
    let told = sandbox.told("the dispute", |event| match event {
        ProviderEvent::DisputeUpdated(told) if told.status == status => Some(told.clone()),
        _ => None,
    });
    told.await
}

async fn a_dispute(name: ProviderName, outcome: &str, decided: DisputeStatus) {
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session_at(name).await;
    let id = &session.provider_session_id;
    assert_eq!(sandbox.complete(id, DISPUTED, json!({})).await, "succeeded");
    let state = sandbox.provider(name).complete_session(id).await.unwrap();
    let opened = heard(&sandbox, DisputeStatus::NeedsResponse).await;
    assert_eq!((opened.amount.amount, Some(opened.provider_payment_id)), (9000, state.payment.provider_payment_id));
    assert!(opened.evidence_due_at > Some(sandbox.platform.clock.now()));
    assert_eq!(opened.fee.is_some(), name == ProviderName::Stripe);

    let path = format!("/sandbox/disputes/{payment_id}/decide");
    let decide = || sandbox.post(&path).json(json!({"outcome": outcome})).send();
    assert_eq!(decide().await.status.as_u16(), 204);
    assert_eq!(heard(&sandbox, decided).await.provider_dispute_id, opened.provider_dispute_id);
    decide().await.expect_problem(409, "already_decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_tells_of_a_dispute_and_its_end() {
    a_dispute(ProviderName::Stripe, "won", DisputeStatus::Won).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn square_tells_of_a_dispute_and_its_end() {
    a_dispute(ProviderName::Square, "lost", DisputeStatus::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paypal_tells_of_a_dispute_and_its_end() {
    a_dispute(ProviderName::Paypal, "lost", DisputeStatus::Lost).await;
}
