//! Providers repeat, reorder and lose their webhooks; money moves once.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Layout, Scene, TestPlatform};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_copies_of_each_webhook_in_any_order_post_one_transfer() {
    let platform = TestPlatform::start(Layout::OneProcessOnRabbitMq).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = scene.payment_session(&platform, &booking).await;
    let webhooks = json!({"copies": testkit::budget(20, 100), "delay_ms": 0, "shuffle": true, "drop": false});
    let body = json!({"card": "4242424242424242", "webhooks": webhooks});
    platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);
    scene.booking_in(&platform, &booking, "confirmed").await;
    scene.company_balance(&platform, 4284, 0).await;
    platform.assert_healthy().await;
    scene.company_balance(&platform, 4284, 0).await;
    scene.assert_books_balance(&platform).await;
    let receipts = scene.customer.get(&platform, "/api/receipts").send().await.expect(200);
    assert_eq!(receipts["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_is_made_up_for_by_asking_the_provider() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = scene.payment_session(&platform, &booking).await;
    let body =
        json!({"card": "4242424242424242", "webhooks": {"copies": 1, "delay_ms": 0, "shuffle": false, "drop": true}});
    platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);
    let verify = json!({"payment_id": payment["id"]});
    let verified = scene.customer.post(&platform, "/api/payments/verify").json(verify).send().await.expect(200);
    assert_eq!(verified["status"], "succeeded");
    scene.booking_in(&platform, &booking, "confirmed").await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_webhook_changes_nothing() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.payment_session(&platform, &booking).await;
    let forged = (0..5).map(|_| {
        let request = platform.post("/webhooks/stripe").header("stripe-signature", "t=1,v1=00");
        request.raw("application/json", r#"{"id":"evt_1","type":"payment_intent.succeeded"}"#).send()
    });
    for answer in join_all(forged).await {
        answer.expect_problem(400, "invalid_signature");
    }
    let path = format!("/api/bookings/{}", booking.id);
    assert_eq!(scene.customer.get(&platform, &path).send().await.expect(200)["status"], "held");
}
