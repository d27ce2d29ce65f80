//! Money that never passes a provider, and bookings that move after they were paid.

use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Booking, Layout, Scene, TestPlatform, studio::TOTAL};

async fn post(platform: &TestPlatform, scene: &Scene, path: &str, body: Value) -> Value {
    scene.owner.post_once(platform, path, body).await.expect(200)
}

async fn account_is(platform: &TestPlatform, scene: &Scene, account: &str, amount: i64) {
    eventually(&format!("{account} stands at {amount}"), || async {
        (scene.account(platform, account).await == Some(amount)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_account_pays_at_the_desk_and_gets_it_back_there_or_pays_by_a_mailed_link() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let (starts_at, ends_at) = scene.slot(&platform, 0).await;
    let body = json!({
        "room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at, "payment": "at_desk",
        "customer": {"name": "Lena", "email": "lena@example.com"},
    });
    let held = scene.owner.post_once(&platform, "/api/bookings", body).await.expect(201);
    let path = format!("/api/bookings/{}", held["id"].as_str().unwrap());
    let entry = json!({"method": "cash", "amount": TOTAL});
    let paid = post(&platform, &scene, &format!("{path}/record-payment"), entry.clone()).await;
    assert_eq!(paid["status"], "confirmed");
    // The company keeps its share out of the till, and owes commission and VAT on it.
    let cash = format!("assets:cash:company:{}", scene.company_id);
    account_is(&platform, &scene, &cash, 476).await;
    account_is(&platform, &scene, "income:commission", 400).await;
    account_is(&platform, &scene, "liabilities:tax:DE", 76).await;
    scene.company_balance(&platform, 0, 0).await;
    let mails = "/sandbox/mailbox?to=lena@example.com";
    eventually("the guest is written to", || async {
        let mails = platform.get(mails).send().await.expect(200);
        mails["data"][0]["subject"].as_str().is_some_and(|subject| subject.starts_with("Confirmed")).then_some(())
    })
    .await;

    let cancelled = scene.owner.post(&platform, &format!("{path}/cancel")).send().await.expect(200);
    assert_eq!(cancelled["desk_refund_due"]["amount"], TOTAL);
    let back = post(&platform, &scene, &format!("{path}/record-refund"), entry).await;
    assert_eq!(back["desk_refund_due"]["amount"], 0);
    for account in [cash.as_str(), "income:commission", "liabilities:tax:DE"] {
        account_is(&platform, &scene, account, 0).await;
    }
    a_caller_pays_by_the_mailed_link(&platform, &scene).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

/// Nobody signs in: the mail, what is owed, the provider's page, the receipt.
async fn a_caller_pays_by_the_mailed_link(platform: &TestPlatform, scene: &Scene) {
    let (starts_at, ends_at) = scene.slot(platform, 1).await;
    let body = json!({
        "room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at,
        "customer": {"name": "Mika", "email": "mika@example.com"},
    });
    let held = scene.owner.post_once(platform, "/api/bookings", body).await.expect(201);
    let mails = "/sandbox/mailbox?to=mika@example.com";
    let token = eventually("the caller gets a link", || async {
        let mails = platform.get(mails).send().await.expect(200);
        let (_, token) = mails["data"][0]["links"][0].as_str()?.split_once("/pay?token=")?;
        Some(token.to_owned())
    })
    .await;
    let (link, pay) = (format!("/api/bookings/links/{token}"), format!("/api/payments/links/{token}"));
    let owed = platform.get(&link).send().await.expect(200);
    assert_eq!((&owed["amount_due"]["amount"], &owed["studio_name"]), (&json!(TOTAL), &json!("Kellerklang")));
    assert!(!owed.to_string().contains("ika"), "nothing about the customer: {owed}");
    platform.post("/api/payments/links/x").idempotency_key("k").json(json!({})).send().await.expect(404);
    let payment = platform.post(&pay).idempotency_key("k").json(json!({})).send().await.expect(201);
    platform.complete(payment["payment_id"].as_str().unwrap(), json!({"card": "4242424242424242"})).await.expect(200);
    eventually("the link is used", || async {
        let answer = platform.get(&link).send().await;
        (answer.status == 410).then(|| answer.expect_problem(410, "link_used"))
    })
    .await;
    platform.post(&pay).idempotency_key("l").json(json!({})).send().await.expect_problem(410, "link_used");
    let path = format!("/api/bookings/{}", held["id"].as_str().unwrap());
    assert_eq!(scene.owner.get(platform, &path).send().await.expect(200)["status"], "confirmed");
    account_is(platform, scene, "assets:provider:stripe", TOTAL).await;
    eventually("the receipt is mailed", || async {
        let mails = platform.get(mails).send().await.expect(200);
        let subjects: Vec<&str> =
            mails["data"].as_array()?.iter().filter_map(|mail| mail["subject"].as_str()).collect();
        subjects.iter().any(|subject| subject.starts_with("Receipt")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_booking_moves_and_the_difference_goes_back_or_is_paid() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    scene.company_balance(&platform, 4284, 0).await;

    let shorter = moved(&platform, &scene, &booking, 1).await;
    assert_eq!((&shorter["amount_due"]["amount"], &shorter["status"]), (&json!(0), &json!("confirmed")));
    account_is(&platform, &scene, "assets:provider:stripe", TOTAL / 2).await;
    scene.company_balance(&platform, 2142, 0).await;
    scene.customer.mail(&platform, "Moved").await;
    scene.customer.mail(&platform, "Refund").await;

    let longer = moved(&platform, &scene, &booking, 3).await;
    assert_eq!(longer["amount_due"]["amount"], TOTAL);
    let payment = eventually("the new price can be paid", || async {
        let payment = scene.payment_session(&platform, &booking).await;
        (payment["amount"]["amount"] == TOTAL).then_some(payment)
    })
    .await;
    platform.pay_with(&payment, "4242424242424242").await.expect(200);
    let path = format!("/api/bookings/{}", booking.id);
    eventually("the difference is paid", || async {
        let booking = scene.customer.get(&platform, &path).send().await.expect(200);
        (booking["amount_due"]["amount"] == 0).then_some(())
    })
    .await;
    account_is(&platform, &scene, "assets:provider:stripe", TOTAL / 2 * 3).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

/// Where it begins already, for so many hours.
async fn moved(platform: &TestPlatform, scene: &Scene, booking: &Booking, hours: i64) -> Value {
    let start: jiff::Timestamp = booking.json["starts_at"].as_str().unwrap().parse().unwrap();
    let body = json!({"starts_at": start, "ends_at": start + jiff::SignedDuration::from_hours(hours)});
    let path = format!("/api/bookings/{}/reschedule", booking.id);
    scene.customer.post(platform, &path).json(body).send().await.expect(200)
}
