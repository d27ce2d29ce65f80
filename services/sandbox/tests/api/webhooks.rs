//! Webhooks as they should arrive and as they sometimes do.

use std::collections::BTreeSet;

use providers::ProviderEvent;
use serde_json::json;
use testkit::eventually;

use crate::harness::{SUCCESS, TestSandbox};

async fn arrivals(sandbox: &TestSandbox, count: usize) {
    eventually("all webhooks arrive", || async { (sandbox.hook.ids().len() >= count).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_repeats_of_one_event() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({"copies": 20, "shuffle": true})).await;
    arrivals(&sandbox, 60).await;
    let distinct: BTreeSet<_> = sandbox.hook.ids().into_iter().collect();
    assert_eq!((sandbox.hook.ids().len(), distinct.len()), (60, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down_gets_them_later_and_once() {
    let sandbox = TestSandbox::start().await;
    sandbox.hook.refuse_next(4);
    let (_, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    arrivals(&sandbox, 3).await;
    let distinct: BTreeSet<_> = sandbox.hook.ids().into_iter().collect();
    assert_eq!(distinct.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_ones_never_arrive_and_the_platform_has_to_ask() {
    let sandbox = TestSandbox::start().await;
    let (dropped, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({"drop": true})).await;
    let (told, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    arrivals(&sandbox, 3).await;
    for event in sandbox.hook.events() {
        let ProviderEvent::PaymentSucceeded(event) = event else { panic!("{event:?}") };
        assert!(event.payment_id == told && event.payment_id != dropped);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_delivered_survives_a_restart() {
    let sandbox = TestSandbox::start().await;
    sandbox.hook.refuse_next(u32::MAX);
    let (_, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    let sandbox = sandbox.restart().await;
    sandbox.hook.refuse_next(0);
    arrivals(&sandbox, 3).await;
}
