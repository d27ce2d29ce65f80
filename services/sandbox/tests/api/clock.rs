//! The clock: moved, kept, and never back.

use jiff::Timestamp;
use serde_json::json;

use crate::harness::TestSandbox;

fn instant(answer: &serde_json::Value) -> Timestamp {
    answer["now"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advance_is_kept_over_a_restart() {
    let sandbox = TestSandbox::start().await;
    let before = instant(&sandbox.get("/sandbox/clock").send().await.expect(200));
    let after = instant(&sandbox.advance(3 * 24 * 60 * 60).await);
    let moved = after.duration_since(before).as_secs();
    assert!((259_200..259_230).contains(&moved), "{moved}");
    assert!(sandbox.platform.clock.now() >= after);

    let sandbox = sandbox.restart().await;
    let restarted = instant(&sandbox.get("/sandbox/clock").send().await.expect(200));
    assert!(restarted >= after);
    assert_eq!(sandbox.advance(60).await["offset_secs"], 259_260);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_expires_on_the_way_in_order() {
    let sandbox = TestSandbox::start().await;
    for minutes in [120, 40, 80] {
        let mut request = sandbox.session_request(kernel::PaymentId::new());
        request.expires_at = Some(request.requested_at + jiff::SignedDuration::from_mins(minutes));
        sandbox.stripe.create_session(request).await.unwrap();
    }
    sandbox.advance(3 * 60 * 60).await;
    let expiries: Vec<_> = sandbox
        .hook
        .events()
        .iter()
        .map(|event| match event {
            providers::ProviderEvent::SessionExpired(told) => told.occurred_at,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(expiries.len(), 3, "the answer comes after the webhooks");
    let gaps: Vec<_> = expiries.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs()).collect();
    assert!(gaps.iter().all(|gap| (2_390..2_415).contains(gap)), "each saw the time it was due: {gaps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_only_goes_forward_and_not_too_far() {
    let sandbox = TestSandbox::start().await;
    for secs in [0, -1, 366 * 24 * 60 * 60 + 1] {
        let request = sandbox.post("/sandbox/clock").json(json!({"advance_seconds": secs}));
        request.send().await.expect_problem(422, "validation_failed");
    }
}
