//! Many at once: one wins, the others are told so, nothing is doubled.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::json;
use testkit::budget;

use crate::support::{Layout, Scene, TestPlatform};

async fn one_slot_has_one_winner(layout: Layout) {
    let platform = TestPlatform::start(layout).await;
    let scene = Scene::set(&platform).await;
    for day in 0..budget(1, 10) {
        let (starts_at, ends_at) = scene.slot(&platform, day as i64).await;
        let requests = (0..200).map(|_| {
            let body = json!({"room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at});
            scene.customer.post_once(&platform, "/api/bookings", body)
        });
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for answer in join_all(requests).await {
            *statuses.entry(answer.status.as_u16()).or_default() += 1;
            if answer.status != 201 {
                answer.expect_problem(409, "slot_taken");
            }
        }
        assert_eq!(statuses.get(&201), Some(&1), "{statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_for_one_slot_make_one_booking() {
    one_slot_has_one_winner(Layout::OneProcessOnMemory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_for_one_slot_make_one_booking_in_separate_processes() {
    one_slot_has_one_winner(Layout::SeparateProcesses).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_idempotency_key_sent_fifty_times_makes_one_booking() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let (starts_at, ends_at) = scene.slot(&platform, 0).await;
    let body = json!({"room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at});
    let requests = (0..budget(50, 300)).map(|_| {
        let request = scene.customer.post(&platform, "/api/bookings").idempotency_key("one key");
        request.json(body.clone()).send()
    });
    let answers = join_all(requests).await;
    let bodies: std::collections::BTreeSet<String> = answers
        .into_iter()
        .filter(|answer| {
            let running = answer.status == 409;
            assert!(running || answer.status == 201, "{}", answer.text);
            !running || answer.json()["code"] != "idempotency_in_progress"
        })
        .map(|answer| answer.text)
        .collect();
    assert_eq!(bodies.len(), 1, "identical bodies: {bodies:?}");
    let mine = scene.customer.get(&platform, "/api/bookings/my").send().await.expect(200);
    assert_eq!(mine["data"].as_array().unwrap().len(), 1);
}
