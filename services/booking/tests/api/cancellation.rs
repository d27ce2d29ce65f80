use contracts::booking::v1::BookingCancelled;
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, id};

/// Ten days after the scene begins.
const START: &str = "2027-03-11T10:00:00Z";
const DAY: i64 = 24 * 3600;

async fn quote(scene: &Scene, caller: &CallerToken, booking: &Value) -> Value {
    scene.get(caller, &format!("/api/bookings/{}/cancellation-quote", id(booking))).send().await.expect(200)
}

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// Cancels a paid booking after some time and compares with the quote of the same instant.
async fn check(after_secs: i64, as_customer: bool, refund: i64, rule: &str) {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.pay(&booking, 2380).await;
    scene.service.advance_secs(after_secs).await;
    let caller = if as_customer { &customer } else { &scene.owner };
    let quote = quote(&scene, caller, &booking).await;
    assert_eq!((&quote["refund"], &quote["fee"]), (&eur(refund), &eur(2380 - refund)));
    assert_eq!(quote["rule"]["kind"], rule);
    let cancelled = scene.act(caller, &booking, "cancel").await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["cancellation"]["refund"]), (&json!("cancelled"), &eur(refund)));
    let told = scene.service.events::<BookingCancelled>().await;
    assert_eq!((told.len(), told[0].refund_amount), (1, refund));
    assert_eq!(told[0].cancelled_by, if as_customer { "customer" } else { "company" });
    assert!(scene.is_available(START, 60).await);
}

#[tokio::test]
async fn early_enough_gives_everything_back() {
    check(2 * DAY, true, 2380, "tier").await;
}

#[tokio::test]
async fn the_second_tier_gives_half_back() {
    check(4 * DAY, true, 1190, "tier").await;
}

#[tokio::test]
async fn too_late_gives_nothing_back() {
    check(10 * DAY, true, 0, "no_refund").await;
}

#[tokio::test]
async fn when_the_studio_cancels_everything_comes_back() {
    check(10 * DAY, false, 2380, "company_cancels").await;
}

#[tokio::test]
async fn a_grace_period_gives_everything_back_for_as_long_as_the_room_says() {
    let scene = Scene::with(json!({"free_cancellation_minutes": 30}), json!({"cancellation_policy": []})).await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.pay(&booking, 2380).await;
    assert_eq!(quote(&scene, &customer, &booking).await["rule"]["kind"], "grace_period");
    scene.service.advance_secs(1800).await;
    let after = quote(&scene, &customer, &booking).await;
    assert_eq!((&after["rule"]["kind"], &after["refund"]), (&json!("no_refund"), &eur(0)));
}

#[tokio::test]
async fn cancelling_twice_cancels_once_and_what_is_over_cannot_be_cancelled() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let path = format!("/api/bookings/{}/cancel", id(&booking));
    let body = json!({"reason": "The drummer is ill"});
    let cancelled = scene.post(&customer, &path).json(body).send().await.expect(200);
    let expected =
        json!({"by": "customer", "reason": "The drummer is ill", "refund": eur(0), "refund_at_desk": eur(0)});
    assert_eq!(cancelled["cancellation"], expected);
    assert_eq!(scene.act(&customer, &booking, "cancel").await.expect(200), cancelled);
    assert_eq!(scene.service.events::<BookingCancelled>().await.len(), 1);

    let held = scene.book(&customer, START, 60).await.expect(201);
    let paid = scene.book(&customer, "2027-03-11T12:00:00Z", 60).await.expect(201);
    scene.pay(&paid, 2380).await;
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    scene.act(&customer, &held, "cancel").await.expect_problem(410, "hold_expired");
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 11 * DAY);
    scene.act(&customer, &paid, "cancel").await.expect_problem(409, "wrong_status");
    let quote = format!("/api/bookings/{}/cancellation-quote", id(&paid));
    scene.get(&customer, &quote).send().await.expect_problem(409, "wrong_status");
}

#[tokio::test]
async fn a_reason_is_one_line_of_text_or_absent() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let path = format!("/api/bookings/{}/cancel", id(&booking));
    for body in [json!({"reason": "x".repeat(501)}), json!({"reason": "a\u{0}"}), json!({"why": "x"}), json!([])] {
        scene.post(&customer, &path).json(body).send().await.expect_problem(422, "validation_failed");
    }
    scene.post(&customer, &path).raw("text/plain", "no").send().await.expect_problem(415, "unsupported_media_type");
    scene.post(&customer, &path).json(json!({"reason": null})).send().await.expect(200);
}
