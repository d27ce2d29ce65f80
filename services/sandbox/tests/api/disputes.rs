//! Disputes of each provider, as the platform's clients hear of them.

use jiff::SignedDuration;
use providers::{DisputeStatus, DisputeUpdated, MovementsRequest, ProviderEvent, ProviderName};
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
    assert_eq!(
        (opened.amount.amount, Some(opened.provider_payment_id.clone())),
        (9000, state.payment.provider_payment_id)
    );
    assert!(opened.evidence_due_at > Some(sandbox.platform.clock.now()));
    assert_eq!(opened.fee.is_some(), name == ProviderName::Stripe);

    if name == ProviderName::Stripe {
        let statement = sandbox.stripe.statement().unwrap();
        let (now, hour) = (sandbox.platform.clock.now(), SignedDuration::from_hours(1));
        let span = MovementsRequest { from: now - hour, to: now + hour, after: None };
        let moved = statement.list_movements(span).await.unwrap().movements;
        let told = moved.into_iter().filter_map(|moved| moved.told).collect::<Vec<_>>();
        let [ProviderEvent::DisputeUpdated(listed)] = told.as_slice() else { panic!("{told:?}") };
        let facts = |told: &DisputeUpdated| (told.provider_dispute_id.clone(), told.amount, told.fee, told.status);
        assert_eq!(facts(listed), facts(&opened), "a lost webhook is made up for");
    }
    if name == ProviderName::Paypal {
        let now = sandbox.platform.clock.now();
        let news = sandbox.provider(name).list_news(now - SignedDuration::from_hours(1), now).await.unwrap();
        let [ProviderEvent::DisputeUpdated(listed)] = news.as_slice() else { panic!("{news:?}") };
        let facts = |told: &DisputeUpdated| (told.provider_payment_id.clone(), told.amount, told.status);
        assert_eq!(facts(listed), facts(&opened), "a lost webhook is made up for");
        let later = sandbox.provider(name).list_news(now + SignedDuration::from_hours(1), now).await.unwrap();
        assert_eq!(later, [], "nothing has happened since");
    }
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
