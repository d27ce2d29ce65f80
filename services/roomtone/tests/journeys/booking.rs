//! From registering to a refund, in every layout.

use serde_json::json;
use testkit::eventually;

use crate::support::{Layout, Person, Scene, TestPlatform, studio::TOTAL};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_journey_in_one_process() {
    whole_journey(Layout::OneProcessOnMemory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_journey_in_one_process_on_rabbitmq() {
    whole_journey(Layout::OneProcessOnRabbitMq).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_journey_in_separate_processes() {
    whole_journey(Layout::SeparateProcesses).await;
}

async fn whole_journey(layout: Layout) {
    let platform = TestPlatform::start(layout).await;
    let mut scene = Scene::set(&platform).await;
    identity_is_refreshed_and_shown(&platform, &mut scene.customer).await;
    the_room_is_found_and_quoted(&platform, &scene).await;
    let booking = a_paid_booking_is_confirmed_and_posted(&platform, &scene).await;
    cancelling_gives_back_what_the_tier_says(&platform, &scene, booking).await;
    logging_out_ends_the_access_token(&platform, &scene.customer).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

async fn identity_is_refreshed_and_shown(platform: &TestPlatform, customer: &mut Person) {
    let body = json!({"refresh_token": customer.refresh_token});
    let tokens = platform.post("/api/auth/refresh").json(body).send().await.expect(200);
    customer.token = tokens["access_token"].as_str().unwrap().to_owned();
    let me = customer.get(platform, "/api/auth/me").send().await.expect(200);
    assert_eq!((&me["id"], &me["email_verified"]), (&json!(customer.id), &json!(true)));
}

async fn the_room_is_found_and_quoted(platform: &TestPlatform, scene: &Scene) {
    let search = json!({"query": "kellerklang", "city_id": scene.city_id});
    let found = platform.post("/api/studios/search").json(search).send().await.expect(200);
    assert_eq!(found["data"][0]["studio"]["id"], scene.studio_id);

    let (starts_at, ends_at) = scene.slot(platform, 0).await;
    let path = format!(
        "/api/bookings/available-times?room_id={}&date={}&duration_minutes=120",
        scene.room_id,
        &starts_at[..10]
    );
    let times = platform.get(&path).send().await.expect(200);
    let slot = times["slots"].as_array().unwrap().iter().find(|slot| slot["starts_at"] == starts_at).cloned();
    assert_eq!(slot.expect("the slot is free")["price"], json!({"amount": TOTAL, "currency": "EUR"}));

    let add_ons = json!([{"id": scene.add_on_id, "quantity": 1}]);
    let ask = json!({"room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at, "add_ons": add_ons});
    let quote = platform.post("/api/bookings/calculate-price").json(ask).send().await.expect(200);
    // 2 × 20.00 for the room and 15.00 for the backline, net; 19 % on 55.00 is 10.45.
    assert_eq!(quote["subtotal"]["amount"], 5500);
    assert_eq!(quote["tax"]["amount"], 1045);
    assert_eq!(quote["total"]["amount"], 6545);
}

async fn a_paid_booking_is_confirmed_and_posted(platform: &TestPlatform, scene: &Scene) -> crate::support::Booking {
    let booking = scene.book(platform, 0).await;
    assert_eq!(booking.json["status"], "held");
    assert_eq!(booking.json["price"]["total"], json!({"amount": TOTAL, "currency": "EUR"}));
    assert!(booking.json["hold_expires_at"].is_string());

    let payment = scene.payment_session(platform, &booking).await;
    let page = platform.client.get(payment["checkout_url"].as_str().unwrap()).send().await.unwrap();
    assert!(page.status().is_success(), "a person can open the hosted page");
    platform.pay_with(&payment, "4242424242424242").await.expect(200);
    let confirmed = scene.booking_in(platform, &booking, "confirmed").await;
    assert_eq!(confirmed["amount_paid"]["amount"], TOTAL);
    scene.payment_in(platform, &payment, "succeeded").await;

    // Net 40.00: commission 4.00 and 0.76 VAT on it; the company keeps 47.60 − 4.76.
    scene.company_balance(platform, 4284, 0).await;
    assert_eq!(scene.account(platform, "income:commission").await, Some(400));
    assert_eq!(scene.account(platform, "liabilities:tax:DE").await, Some(76));
    assert_eq!(scene.account(platform, "assets:provider:stripe").await, Some(TOTAL));
    assert_eq!(scene.account(platform, "liabilities:unallocated").await, Some(0));
    scene.assert_books_balance(platform).await;

    let receipts = eventually("the receipt", || async {
        let receipts = scene.customer.get(platform, "/api/receipts").send().await.expect(200);
        (receipts["data"].as_array().unwrap().len() == 1).then_some(receipts)
    })
    .await;
    assert_eq!(receipts["data"][0]["amount"]["amount"], TOTAL);
    let mail = scene.customer.mail(platform, "confirmed").await;
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Kellerklang") && text.contains("Room A"), "{text}");
    scene.owner.mail(platform, "booking").await;
    booking
}

async fn cancelling_gives_back_what_the_tier_says(
    platform: &TestPlatform,
    scene: &Scene,
    booking: crate::support::Booking,
) {
    let path = format!("/api/bookings/{}/cancellation-quote", booking.id);
    let quote = scene.customer.get(platform, &path).send().await.expect(200);
    assert_eq!(quote["refund"]["amount"], TOTAL, "more than a week before: everything");
    let path = format!("/api/bookings/{}/cancel", booking.id);
    let cancelled = scene.customer.post(platform, &path).json(json!({"reason": "drummer ill"})).send().await;
    assert_eq!(cancelled.expect(200)["status"], "cancelled");

    scene.company_balance(platform, 0, 0).await;
    eventually("the money went back", || async {
        (scene.account(platform, "assets:provider:stripe").await == Some(0)).then_some(())
    })
    .await;
    assert_eq!(scene.account(platform, "income:commission").await, Some(0));
    assert_eq!(scene.account(platform, "liabilities:tax:DE").await, Some(0));
    scene.assert_books_balance(platform).await;
    let path = format!("/api/bookings/{}", booking.id);
    eventually("the booking knows of the refund", || async {
        let booking = scene.customer.get(platform, &path).send().await.expect(200);
        (booking["amount_refunded"]["amount"] == TOTAL).then_some(())
    })
    .await;
    scene.customer.mail(platform, "refund").await;
}

async fn logging_out_ends_the_access_token(platform: &TestPlatform, customer: &Person) {
    assert_eq!(customer.post(platform, "/api/auth/logout").send().await.status, 204);
    customer.get(platform, "/api/auth/me").send().await.expect_problem(401, "session_revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_leaves_the_booking_held_and_can_be_tried_again() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 1).await;
    let payment = scene.payment_session(&platform, &booking).await;
    let outcome = platform.pay_with(&payment, "4000000000000002").await.expect(200);
    assert_eq!(outcome["outcome"], "declined");
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    eventually("the decline is shown", || async {
        let payment = scene.customer.get(&platform, &path).send().await.expect(200);
        (payment["status"] == "pending" && payment["failure_code"].is_string()).then_some(())
    })
    .await;
    let path = format!("/api/bookings/{}", booking.id);
    assert_eq!(scene.customer.get(&platform, &path).send().await.expect(200)["status"], "held");

    platform.pay_with(&payment, "4242424242424242").await.expect(200);
    scene.booking_in(&platform, &booking, "confirmed").await;
    scene.company_balance(&platform, 4284, 0).await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_cancellation_gives_back_half_and_the_company_keeps_the_rest() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    let starts_at: jiff::Timestamp = booking.json["starts_at"].as_str().unwrap().parse().unwrap();
    let now = platform.get("/sandbox/clock").send().await.expect(200);
    let now: jiff::Timestamp = now["now"].as_str().unwrap().parse().unwrap();
    // Two days before: between a day and a week.
    platform.advance_secs((starts_at - now).get_seconds() - 48 * 3600).await;
    scene.customer.sign_in_again(&platform).await;
    scene.owner.sign_in_again(&platform).await;
    scene.admin.sign_in_again(&platform).await;

    let path = format!("/api/bookings/{}/cancel", booking.id);
    scene.customer.post(&platform, &path).json(json!({})).send().await.expect(200);
    // Half of everything goes back: of 42.84 the company keeps 21.42, of 4.00 commission 2.00 stays.
    scene.company_balance(&platform, 2142, 0).await;
    assert_eq!(scene.account(&platform, "income:commission").await, Some(200));
    assert_eq!(scene.account(&platform, "assets:provider:stripe").await, Some(TOTAL / 2));
    scene.assert_books_balance(&platform).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_companys_share_becomes_payable_when_the_booking_is_over() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    scene.company_balance(&platform, 4284, 0).await;
    platform.advance_secs(40 * 24 * 3600).await;
    scene.owner.sign_in_again(&platform).await;
    scene.customer.sign_in_again(&platform).await;
    scene.booking_in(&platform, &booking, "completed").await;
    scene.company_balance(&platform, 0, 4284).await;
    platform.assert_healthy().await;
}
