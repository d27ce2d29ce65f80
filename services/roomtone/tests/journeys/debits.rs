//! What is still owed of a confirmed booking is paid from a bank account: days later, or not at all.

use serde_json::{Value, json};
use testkit::{TestResponse, eventually};

use crate::{
    elements::{confirm_with, open},
    support::{Booking, Layout, Scene, TestPlatform, studio::TOTAL},
};

const PAYS: &str = "DE89370400440532013000";
const FAILS: &str = "DE62370400440532013001";
const DAY: i64 = 24 * 3_600;

/// The customer has typed an IBAN into the fields.
async fn debit(platform: &TestPlatform, payment: &Value, iban: &str) -> TestResponse {
    let method = format!("payment_method_data[type]=sepa_debit&payment_method_data[sepa_debit][iban]={iban}");
    confirm_with(platform, payment, &method).await
}

/// A booking that was paid for two hours and takes three: an hour is owed.
async fn with_balance(platform: &TestPlatform, scene: &Scene) -> Booking {
    let booking = scene.book(platform, 0).await;
    scene.pay(platform, &booking).await;
    let start: jiff::Timestamp = booking.json["starts_at"].as_str().unwrap().parse().unwrap();
    let body = json!({"starts_at": start, "ends_at": start + jiff::SignedDuration::from_hours(3)});
    let path = format!("/api/bookings/{}/reschedule", booking.id);
    let moved = scene.customer.post(platform, &path).json(body).send().await.expect(200);
    assert_eq!((&moved["amount_due"]["amount"], &moved["status"]), (&json!(TOTAL / 2), &json!("confirmed")));
    booking
}

/// A payment of what is owed, once billing has heard of the move.
async fn balance_session(platform: &TestPlatform, scene: &Scene, booking: &Booking) -> Value {
    eventually("the balance can be paid", || async {
        let body = json!({"payable": {"type": "booking", "id": booking.id}, "ui": "elements"});
        let opened = scene.customer.post_once(platform, "/api/payments/session", body).await;
        (opened.status.as_u16() == 201).then(|| opened.expect(201))
    })
    .await
}

async fn owed(platform: &TestPlatform, scene: &Scene, booking: &Booking) -> Value {
    let path = format!("/api/bookings/{}", booking.id);
    scene.customer.get(platform, &path).send().await.expect(200)["amount_due"]["amount"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_is_paid_from_a_bank_account_days_later_and_a_failed_debit_leaves_it_owed() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    // A slot that is held would be gone before the bank has answered.
    let held = scene.book(&platform, 1).await;
    let refused = debit(&platform, &open(&platform, &scene, &held).await, PAYS).await.expect(400);
    assert_eq!(refused["error"]["param"], "payment_method_data[type]");

    let booking = with_balance(&platform, &scene).await;
    let failing = balance_session(&platform, &scene, &booking).await;
    assert_eq!(debit(&platform, &failing, FAILS).await.expect(200)["status"], "processing");
    scene.payment_in(&platform, &failing, "processing").await;
    let body = json!({"payable": {"type": "booking", "id": booking.id}});
    let again = scene.customer.post_once(&platform, "/api/payments/session", body).await;
    again.expect_problem(409, "nothing_due");
    platform.advance_secs(5 * DAY + 60).await;
    scene.customer.sign_in_again(&platform).await;
    let failed = scene.payment_in(&platform, &failing, "pending").await;
    assert_eq!(failed["failure_code"], "insufficient_funds");
    assert_eq!(owed(&platform, &scene, &booking).await, TOTAL / 2);

    let payment = balance_session(&platform, &scene, &booking).await;
    assert_eq!(debit(&platform, &payment, PAYS).await.expect(200)["status"], "processing");
    scene.payment_in(&platform, &payment, "processing").await;
    assert_eq!(owed(&platform, &scene, &booking).await, TOTAL / 2, "nothing is paid before it is certain");
    platform.advance_secs(5 * DAY + 60).await;
    scene.customer.sign_in_again(&platform).await;
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    let method = json!({"kind": "sepa_debit", "brand": null, "last4": "3000", "exp_month": null, "exp_year": null});
    eventually("it is paid, and by which account", || async {
        let paid = scene.customer.get(&platform, &path).send().await.expect(200);
        (paid["status"] == "succeeded" && paid["method"] == method).then_some(())
    })
    .await;
    eventually("nothing is owed", || async { (owed(&platform, &scene, &booking).await == 0).then_some(()) }).await;
    scene.payment_in(&platform, &failing, "cancelled").await;
    scene.admin.sign_in_again(&platform).await;
    assert_eq!(scene.account(&platform, "assets:provider:stripe").await, Some(TOTAL / 2 * 3));
    // The card's payment is older than what is looked at.
    scene.stripe_agrees(&platform, 1).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}
