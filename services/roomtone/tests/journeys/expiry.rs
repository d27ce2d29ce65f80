//! Holds end at their instant, and money that comes too late finds its way.

use serde_json::json;
use testkit::eventually;

use crate::support::{Layout, Scene, TestPlatform, studio::TOTAL};

/// A hold lasts 30 minutes.
const HOLD_SECS: i64 = 30 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_hold_frees_the_room_and_mails_nobody_a_confirmation() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let first = scene.book(&platform, 0).await;
    platform.advance_secs(HOLD_SECS).await;
    scene.customer.sign_in_again(&platform).await;
    scene.booking_in(&platform, &first, "expired").await;
    let path = format!("/api/bookings/{}/confirm", first.id);
    scene.owner.sign_in_again(&platform).await;
    scene.owner.post(&platform, &path).send().await.expect_problem(410, "hold_expired");
    let body = json!({"payable": {"type": "booking", "id": first.id}});
    let session = scene.customer.post_once(&platform, "/api/payments/session", body).await;
    assert_eq!(session.status, 410, "{}", session.text);
    // The same slot is free for the next.
    scene.book(&platform, 0).await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_after_the_expiry_confirms_while_the_slot_is_free() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = scene.payment_session(&platform, &booking).await;
    platform.advance_secs(HOLD_SECS + 60).await;
    scene.customer.sign_in_again(&platform).await;
    scene.owner.sign_in_again(&platform).await;
    scene.booking_in(&platform, &booking, "expired").await;
    platform.pay_with(&payment, "4242424242424242").await.expect(200);
    scene.booking_in(&platform, &booking, "confirmed").await;
    scene.company_balance(&platform, 4284, 0).await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_after_the_expiry_is_refunded_once_when_the_slot_is_taken() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let late = scene.book(&platform, 0).await;
    let payment = scene.payment_session(&platform, &late).await;
    platform.advance_secs(HOLD_SECS + 60).await;
    scene.customer.sign_in_again(&platform).await;
    scene.admin.sign_in_again(&platform).await;
    scene.book(&platform, 0).await;
    let webhooks = json!({"copies": 5, "delay_ms": 0, "shuffle": true, "drop": false});
    let body = json!({"card": "4242424242424242", "webhooks": webhooks});
    platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);

    let refunded = scene.payment_in(&platform, &payment, "refunded").await;
    assert_eq!(refunded["amount_refunded"]["amount"], TOTAL);
    scene.booking_in(&platform, &late, "expired").await;
    eventually("the money went back", || async {
        let provider = scene.account(&platform, "assets:provider:stripe").await;
        let unallocated = scene.account(&platform, "liabilities:unallocated").await;
        (provider == Some(0) && unallocated == Some(0)).then_some(())
    })
    .await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}
