use contracts::booking::v1::BookingPaymentReminderDue;
use serde_json::json;
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, at};

const HOUR: i64 = 3600;

#[tokio::test]
async fn a_long_hold_is_reminded_of_once_an_hour_before_it_expires() {
    let scene = Scene::with(json!({"hold_minutes": 600}), json!({})).await;
    let held = scene.book(&CallerToken::default(), "2027-03-10T10:00:00Z", 60).await.expect(201);
    scene.service.advance_secs(9 * HOUR - 60).await;
    assert_eq!(scene.service.events::<BookingPaymentReminderDue>().await.len(), 0);
    let state = scene.service.get("/internal/clock").send().await.expect(200);
    let next = at(state["next_due_at"].as_str().unwrap());
    assert_eq!(at(held["hold_expires_at"].as_str().unwrap()).duration_since(next).as_mins(), 60);
    scene.service.advance_secs(61).await;
    scene.service.run_jobs().await;
    let told = scene.service.events::<BookingPaymentReminderDue>().await;
    assert_eq!((told.len(), told[0].amount_due, told[0].is_hold), (1, 2380, true));
    assert_eq!(told[0].due_until_micros, at(held["hold_expires_at"].as_str().unwrap()).as_microsecond());
}

#[tokio::test]
async fn a_short_hold_and_what_is_paid_at_the_desk_are_not_reminded_of() {
    let scene = Scene::start().await;
    scene.book(&CallerToken::default(), "2027-03-10T10:00:00Z", 60).await.expect(201);
    let mut at_desk = scene.booking("2027-03-02T10:00:00Z", 60);
    at_desk["customer"] = json!({"name": "Lena"});
    at_desk["payment"] = json!("at_desk");
    scene.book_with(&scene.owner, at_desk).await.expect(201);
    scene.service.advance_secs(1700).await;
    scene.service.advance_secs(24 * HOUR).await;
    assert_eq!(scene.service.events::<BookingPaymentReminderDue>().await.len(), 0);
}

#[tokio::test]
async fn what_is_still_due_is_reminded_of_once_two_days_before() {
    let scene = Scene::with(json!({}), json!({"deposit_percent": "50"})).await;
    let (partly, fully) = (CallerToken::default(), CallerToken::default());
    let booking = scene.book(&partly, "2027-03-10T10:00:00Z", 60).await.expect(201);
    scene.pay(&booking, 1190).await;
    let other = scene.book(&fully, "2027-03-10T12:00:00Z", 60).await.expect(201);
    scene.pay(&other, 2380).await;
    let second = TestService::builder(booking::service()).on_database(scene.service.database()).start().await;
    let until_then = at("2027-03-08T10:00:01Z").as_second() - scene.service.now().as_second();
    futures_util::future::join(scene.service.advance_secs(until_then), second.advance_secs(until_then)).await;
    scene.service.run_jobs().await;
    let told = scene.service.events::<BookingPaymentReminderDue>().await;
    assert_eq!((told.len(), told[0].amount_due, told[0].is_hold), (1, 1190, false), "by two processes, once");
    assert_eq!(told[0].due_until_micros, at("2027-03-10T10:00:00Z").as_microsecond());
}
