//! `kill -9` of any one service in the middle of the journey: after its restart the journey completes by itself.

use serde_json::json;

use crate::support::{Layout, Scene, TestPlatform};

/// Kills the service after the customer has paid at the provider, when the news is on its way through everybody.
async fn a_crash_loses_nothing(service: &str) {
    let mut platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = scene.payment_session(&platform, &booking).await;
    let webhooks = json!({"copies": 3, "delay_ms": 50, "shuffle": true, "drop": false});
    let body = json!({"card": "4242424242424242", "webhooks": webhooks});
    platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);
    platform.processes().crash_and_restart(service).await;

    scene.booking_in(&platform, &booking, "confirmed").await;
    scene.company_balance(&platform, 4284, 0).await;
    scene.customer.mail(&platform, "confirmed").await;
    let path = format!("/api/bookings/{}/cancel", booking.id);
    scene.customer.post(&platform, &path).json(json!({})).send().await.expect(200);
    platform.processes().crash_and_restart(service).await;
    scene.payment_in(&platform, &payment, "refunded").await;
    scene.company_balance(&platform, 0, 0).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}

macro_rules! crashes {
    ($($test:ident: $service:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                a_crash_loses_nothing($service).await;
            }
        )*
    };
}

crashes! {
    a_crash_of_the_gateway_loses_nothing: "gateway";
    a_crash_of_auth_loses_nothing: "auth";
    a_crash_of_booking_loses_nothing: "booking";
    a_crash_of_billing_loses_nothing: "billing";
    a_crash_of_the_ledger_loses_nothing: "ledger";
    a_crash_of_messaging_loses_nothing: "messaging";
    a_crash_of_webhook_loses_nothing: "webhook";
}

#[tokio::test(flavor = "multi_thread")]
async fn every_retry_queue_gives_back_what_it_holds() {
    let platform = TestPlatform::start(Layout::OneProcessOnRabbitMq).await;
    assert!(roomtone::retry_queues(&platform.source).await.unwrap().is_empty());
    platform.stop().await;
}
