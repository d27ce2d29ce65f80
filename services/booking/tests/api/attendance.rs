use contracts::booking::v1::{BookingCheckedIn, BookingCompleted, BookingNoShow, BookingOvertimeCharged};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, id};

/// Two hours after the beginning of every test.
const START: &str = "2027-03-01T11:00:00Z";

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn confirmed(scene: &Scene, customer: &CallerToken) -> Value {
    let booking = scene.book(customer, START, 60).await.expect(201);
    scene.pay_and_read(customer, &booking).await
}

async fn overtime(scene: &Scene, caller: &CallerToken, booking: &Value, minutes: i64, key: &str) -> TestResponse {
    let path = format!("/api/bookings/{}/overtime", id(booking));
    scene.post(caller, &path).idempotency_key(key).json(json!({"minutes": minutes})).send().await
}

#[tokio::test]
async fn a_customer_who_comes_is_checked_in_once() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let booking = confirmed(&scene, &customer).await;
    scene.act(&staff, &booking, "check-in").await.expect_problem(409, "too_early");
    scene.service.advance_secs(3600).await;
    scene.act(&customer, &booking, "check-in").await.expect_problem(404, "not_found");
    let there = scene.act(&staff, &booking, "check-in").await.expect(200);
    assert!(there["checked_in_at"].is_string());
    assert_eq!(scene.act(&staff, &booking, "check-in").await.expect(200), there, "repeating it is safe");
    assert_eq!(scene.service.events::<BookingCheckedIn>().await.len(), 1);
    scene.service.advance_secs(3600).await;
    scene.act(&staff, &booking, "no-show").await.expect_problem(409, "checked_in");
    scene.service.advance_secs(3600).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "completed");
    assert_eq!(scene.service.events::<BookingCompleted>().await.len(), 1);
    scene.act(&staff, &booking, "no-show").await.expect_problem(409, "wrong_status");
}

#[tokio::test]
async fn nobody_is_checked_in_who_has_not_paid() {
    let scene = Scene::with(json!({"hold_minutes": 600}), json!({})).await;
    let booking = scene.book(&CallerToken::default(), START, 60).await.expect(201);
    scene.service.advance_secs(2 * 3600).await;
    scene.act(&scene.owner, &booking, "check-in").await.expect_problem(409, "payment_required");
}

#[tokio::test]
async fn a_customer_who_does_not_come_gets_nothing_back() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = confirmed(&scene, &customer).await;
    scene.act(&scene.owner, &booking, "no-show").await.expect_problem(409, "too_early");
    scene.service.advance_secs(2 * 3600).await;
    scene.act(&customer, &booking, "no-show").await.expect_problem(404, "not_found");
    let absent = scene.act(&scene.owner, &booking, "no-show").await.expect(200);
    assert_eq!((&absent["status"], &absent["amount_refunded"]), (&json!("no_show"), &eur(0)));
    assert_eq!(scene.act(&scene.owner, &booking, "no-show").await.expect(200), absent, "repeating it is safe");
    scene.act(&customer, &booking, "cancel").await.expect_problem(409, "wrong_status");
    scene.service.advance_secs(7200).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "no_show");
    assert_eq!(scene.service.events::<BookingNoShow>().await.len(), 1);
    assert_eq!(scene.service.events::<BookingCompleted>().await.len(), 0);
}

#[tokio::test]
async fn a_longer_stay_is_charged_by_the_rates_in_force_and_due_on_the_booking() {
    // In Berlin the booking ends at 13:00; from then on a minute costs the double.
    let peak = json!({
        "rules": [{"name": "Afternoon", "weekdays": ["monday"], "from": "13:00", "to": "18:00", "hourly_rate": 4000}],
        "cleaning_fee": 1000,
    });
    let scene = Scene::with(json!({}), peak).await;
    let customer = CallerToken::default();
    let booking = confirmed(&scene, &customer).await;
    assert_eq!(booking["price"]["subtotal"], eur(3000));
    overtime(&scene, &scene.owner, &booking, 45, "k1").await.expect_problem(409, "too_early");
    scene.service.advance_secs(4 * 3600).await;
    overtime(&scene, &customer, &booking, 45, "k1").await.expect_problem(404, "not_found");
    let charged = overtime(&scene, &scene.owner, &booking, 45, "k2").await.expect(200);
    assert_eq!((&charged["price"]["subtotal"], &charged["amount_due"]), (&eur(6000), &eur(3570)));
    let lines: Vec<&str> = charged["price"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["description"].as_str().unwrap())
        .collect();
    assert_eq!(lines, ["Room", "Cleaning", "Tax, 19 %", "Overtime: Afternoon", "Tax, 19 %"]);
    let again = overtime(&scene, &scene.owner, &booking, 45, "k2").await.expect(200);
    assert_eq!(again, charged, "once for each key");
    let told = scene.service.events::<BookingOvertimeCharged>().await;
    assert_eq!(told.iter().map(|told| (told.minutes, told.amount)).collect::<Vec<_>>(), [(45, 3570)]);
    scene.pay(&booking, 3570).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_due"], eur(0));
    scene.service.advance_secs(8 * 24 * 3600).await;
    overtime(&scene, &scene.owner, &booking, 45, "k3").await.expect_problem(409, "too_late");
}
