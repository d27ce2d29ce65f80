//! Services are killed at random while customers book, pay and cancel. The customers only do what every client should:
//! they send a request again, under the same key, until it is answered.

use std::time::Duration;

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use testkit::{TestRequest, TestResponse, budget, eventually_within};

use crate::support::{Layout, Scene, TestPlatform, studio::TOTAL};

/// Longer than the lease of an idempotency key whose process died, and than the retries of an event.
const PATIENCE: Duration = Duration::from_secs(180);

const VICTIMS: [&str; 7] = ["gateway", "auth", "booking", "billing", "ledger", "messaging", "webhook"];

#[tokio::test(flavor = "multi_thread")]
async fn every_booking_ends_as_its_customer_was_told_whoever_is_killed_meanwhile() {
    let seed = std::env::var("ROOMTONE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("ROOMTONE_TEST_SEED={seed}");
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = Scene::set(&platform).await;
    let slots = join_all((0..budget(12, 150)).map(|day| scene.slot(&platform, day as i64))).await;
    let stories = slots.iter().zip([true, true, false].into_iter().cycle());
    let stories = stories.map(|(slot, is_kept)| story(&platform, &scene, slot, is_kept));
    let (kept, ()) = tokio::join!(join_all(stories), kill_at_random(&platform, seed));

    let kept = kept.into_iter().filter(|kept| *kept).count() as i64;
    // 10 % commission on the net, and 19 % VAT on the commission.
    scene.company_balance(&platform, kept * (TOTAL - 400 - 76), 0).await;
    assert_eq!(scene.account(&platform, "assets:provider:stripe").await, Some(kept * TOTAL));
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}

async fn kill_at_random(platform: &TestPlatform, seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    for _ in 0..budget(4, 40) {
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..500))).await;
        platform.processes().crash_and_restart(VICTIMS[dice.random_range(0..VICTIMS.len())]).await;
    }
}

/// One customer books, pays, and keeps the booking or cancels it.
async fn story(platform: &TestPlatform, scene: &Scene, (starts_at, ends_at): &(String, String), is_kept: bool) -> bool {
    let body = json!({"room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at});
    let booking = insist(platform, scene, "/api/bookings", &body).await;
    let body = json!({"payable": {"type": "booking", "id": booking["id"]}});
    let payment = insist(platform, scene, "/api/payments/session", &body).await;
    let webhooks = json!({"copies": 3, "delay_ms": 20, "shuffle": true, "drop": false});
    let card = json!({"card": "4242424242424242", "webhooks": webhooks});
    let path = format!("/sandbox/checkout/{}/complete", payment["id"].as_str().unwrap());
    // The sandbox has no keys: a second attempt is told that the session was paid.
    answered(|| platform.post(&path).json(card.clone()), |answer| answer.status.is_success() || answer.status == 409)
        .await;
    reaches(platform, scene, &booking, "confirmed").await;
    if is_kept {
        return true;
    }
    let path = format!("/api/bookings/{}/cancel", booking["id"].as_str().unwrap());
    insist(platform, scene, &path, &json!({})).await;
    reaches(platform, scene, &booking, "cancelled").await;
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    answered(|| scene.customer.get(platform, &path), |answer| answer.json()["status"] == "refunded").await;
    false
}

/// The same request under the same key, until it is answered.
async fn insist(platform: &TestPlatform, scene: &Scene, path: &str, body: &Value) -> Value {
    let key = kernel::new_uuid().to_string();
    let request = || scene.customer.post(platform, path).idempotency_key(&key).json(body.clone());
    answered(request, |answer| answer.status.is_success()).await.json()
}

async fn reaches(platform: &TestPlatform, scene: &Scene, booking: &Value, status: &str) {
    let path = format!("/api/bookings/{}", booking["id"].as_str().unwrap());
    answered(|| scene.customer.get(platform, &path), |answer| answer.json()["status"] == status).await;
}

/// Sends a request until its answer is the wanted one. What a client may meet on the way while services come and go is
/// no answer, 502, 503, 504, or that its earlier attempt is still running; nothing else.
async fn answered(request: impl Fn() -> TestRequest, wanted: impl Fn(&TestResponse) -> bool) -> TestResponse {
    eventually_within(PATIENCE, "an answer", || async {
        let Ok(answer) = request().try_send().await else { return pause().await };
        if wanted(&answer) {
            return Some(answer);
        }
        let running = answer.status == 409 && answer.json()["code"] == "idempotency_in_progress";
        let on_the_way = answer.status.is_success() || running || matches!(answer.status.as_u16(), 502..=504);
        assert!(on_the_way, "{}: {}", answer.status, answer.text);
        pause().await
    })
    .await
}

async fn pause() -> Option<TestResponse> {
    tokio::time::sleep(Duration::from_millis(100)).await;
    None
}
