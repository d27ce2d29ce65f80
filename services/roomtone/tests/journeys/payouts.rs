//! A company's money on its way to its bank or to PayPal, and back where it is not taken there.

use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    providers::session_at,
    support::{Layout, Scene, TestPlatform, mailed_token, studio::TOTAL},
};

/// What a company keeps of a booking.
pub const SHARE: i64 = 4_284;
const DAY: i64 = 24 * 3_600;

/// A company with bookings that are over, one paid at each of the providers.
pub async fn earned(platform: &TestPlatform, providers: &[&str]) -> Scene {
    let mut scene = Scene::set(platform).await;
    let mut paid = Vec::new();
    for (day, provider) in (0..).zip(providers) {
        let booking = scene.book(platform, day).await;
        let payment = session_at(platform, &scene, &booking, provider).await;
        platform.pay_with(&payment, "4242424242424242").await.expect(200);
        scene.booking_in(platform, &booking, "confirmed").await;
        paid.push(booking);
    }
    let share = SHARE * i64::try_from(providers.len()).unwrap();
    scene.company_balance(platform, share, 0).await;
    platform.advance_secs(40 * DAY).await;
    sign_in_again(platform, &mut scene).await;
    for booking in &paid {
        scene.booking_in(platform, booking, "completed").await;
    }
    scene.company_balance(platform, 0, share).await;
    scene
}

pub async fn sign_in_again(platform: &TestPlatform, scene: &mut Scene) {
    for person in [&mut scene.owner, &mut scene.customer, &mut scene.admin] {
        person.sign_in_again(platform).await;
    }
}

/// The owner goes through Stripe's page.
pub async fn onboard(platform: &TestPlatform, scene: &Scene) {
    let account = json!({"company_id": scene.company_id});
    scene.owner.post(platform, "/api/payments/stripe/account").json(account).send().await.expect(200);
    let path = format!("/api/payments/stripe/account-link?company_id={}", scene.company_id);
    let link = scene.owner.get(platform, &path).send().await.expect(200);
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = link["url"].as_str().unwrap();
    assert!(browser.get(page).send().await.unwrap().text().await.unwrap().contains("Where shall your money go?"));
    let answers = [("bank_account", "DE89370400440532013000"), ("verdict", "enabled")];
    let sent_back = browser.post(page).form(&answers).send().await.unwrap();
    assert_eq!(sent_back.status().as_u16(), 303);
    let path = format!("/api/payments/stripe/account?company_id={}", scene.company_id);
    eventually("the account may receive", || async {
        let account = scene.owner.get(platform, &path).send().await.expect(200);
        (account["may_receive"] == true).then_some(())
    })
    .await;
}

pub fn euros(scene: &Scene, cents: i64) -> Value {
    json!({"company_id": scene.company_id, "amount": {"amount": cents, "currency": "EUR"}})
}

pub async fn payout_in(platform: &TestPlatform, scene: &Scene, payout: &Value, status: &str) {
    let path = format!("/api/payouts/{}", payout["id"].as_str().unwrap());
    eventually(&format!("the payout is {status}"), || async {
        let payout = scene.owner.get(platform, &path).send().await.expect(200);
        (payout["status"] == status).then_some(())
    })
    .await;
}

async fn clearing_is(platform: &TestPlatform, scene: &Scene, wanted: i64) {
    account_is(platform, scene, "assets:provider:stripe", wanted).await;
}

pub async fn account_is(platform: &TestPlatform, scene: &Scene, code: &str, wanted: i64) {
    eventually(&format!("{code} is {wanted}"), || async {
        (scene.account(platform, code).await == Some(wanted)).then_some(())
    })
    .await;
}

pub async fn settle(platform: &TestPlatform, payout: &Value, outcome: &str) {
    let path = format!("/sandbox/payouts/{}/settle", payout["id"].as_str().unwrap());
    let settled = platform.post(&path).json(json!({"outcome": outcome})).send().await;
    assert_eq!(settled.status.as_u16(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_paid_out_and_what_the_bank_refuses_comes_back() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = earned(&platform, &["stripe", "stripe"]).await;
    let pay_out = async |scene: &Scene, body: Value| scene.owner.post_once(&platform, "/api/payouts", body).await;
    pay_out(&scene, euros(&scene, SHARE)).await.expect_problem(409, "payouts_not_enabled");
    onboard(&platform, &scene).await;
    pay_out(&scene, euros(&scene, 2 * SHARE + 1)).await.expect_problem(409, "insufficient_balance");

    let paid = pay_out(&scene, euros(&scene, SHARE)).await.expect(201);
    payout_in(&platform, &scene, &paid, "sent").await;
    scene.company_balance(&platform, 0, SHARE).await;
    clearing_is(&platform, &scene, 2 * TOTAL - SHARE).await;
    platform.advance_secs(3 * DAY).await;
    sign_in_again(&platform, &mut scene).await;
    payout_in(&platform, &scene, &paid, "paid").await;
    scene.owner.mail(&platform, "Paid out: 42.84 EUR").await;

    let refused = pay_out(&scene, json!({"company_id": scene.company_id})).await.expect(201);
    assert_eq!(refused["amount"]["amount"], SHARE);
    payout_in(&platform, &scene, &refused, "sent").await;
    scene.company_balance(&platform, 0, 0).await;
    settle(&platform, &refused, "failed").await;
    payout_in(&platform, &scene, &refused, "returned").await;
    scene.company_balance(&platform, 0, SHARE).await;
    clearing_is(&platform, &scene, 2 * TOTAL - SHARE).await;
    scene.owner.mail(&platform, "Payout failed: 42.84 EUR").await;
    let path = format!("/api/payments/stripe/balance?company_id={}", scene.company_id);
    let left = scene.owner.get(&platform, &path).send().await.expect(200);
    assert_eq!(left["available"], json!([{"amount": 0, "currency": "EUR"}]), "nothing stays at Stripe");

    // What had arrived comes back as well.
    settle(&platform, &paid, "failed").await;
    payout_in(&platform, &scene, &paid, "returned").await;
    scene.company_balance(&platform, 0, 2 * SHARE).await;
    clearing_is(&platform, &scene, 2 * TOTAL).await;
    // Two transfers and their way back.
    scene.stripe_agrees(&platform, 4).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

/// The schedule pays by itself, and an hour later nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_paid_by_its_schedule() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = earned(&platform, &["stripe"]).await;
    onboard(&platform, &scene).await;
    let daily = json!({"company_id": scene.company_id, "frequency": "daily", "minimum": 1_000});
    scene.owner.put(&platform, "/api/payments/payout-schedule").json(daily).send().await.expect(200);
    // A day until it is due, and two more until the bank has it.
    for days in [1, 3] {
        platform.advance_secs(days * DAY).await;
        sign_in_again(&platform, &mut scene).await;
    }
    let path = format!("/api/payouts?company_id={}", scene.company_id);
    let payout = eventually("it was paid", || async {
        let payouts = scene.owner.get(&platform, &path).send().await.expect(200)["data"].as_array().unwrap().clone();
        let is_paid = payouts.iter().any(|payout| payout["status"] == "paid");
        is_paid.then_some(payouts)
    })
    .await;
    assert_eq!((payout.len(), &payout[0]["cause"]), (1, &json!("schedule")));
    scene.company_balance(&platform, 0, 0).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

/// What PayPal takes for each of these payouts.
const PAYPAL_FEE: i64 = 85;

/// The owner names an address and follows the link that is mailed there.
pub async fn paid_at(platform: &TestPlatform, scene: &Scene, name: &str) {
    let email = format!("{name}+{}@example.com", kernel::new_uuid().simple());
    let receiver = json!({"company_id": scene.company_id, "email": email});
    let named = scene.owner.put(platform, "/api/payments/paypal/receiver").json(receiver).send().await.expect(200);
    assert_eq!((&named["email"], &named["confirmed"]), (&json!(email), &json!(false)));
    let pay_out = scene.owner.post_once(platform, "/api/payouts", json!({"company_id": scene.company_id})).await;
    pay_out.expect_problem(409, "payouts_not_enabled");
    let confirm = json!({"company_id": scene.company_id, "token": mailed_token(platform, &email).await});
    let confirm = scene.owner.post(platform, "/api/payments/paypal/receiver/confirm").json(confirm);
    assert_eq!(confirm.send().await.expect(200)["confirmed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_paid_through_paypal_and_what_nobody_claims_comes_back() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = earned(&platform, &["paypal", "paypal"]).await;
    let pay_out = async |scene: &Scene| {
        let paid = scene.owner.post_once(&platform, "/api/payouts", euros(scene, SHARE)).await.expect(201);
        assert_eq!(paid["provider"], "paypal");
        payout_in(&platform, scene, &paid, "sent").await;
        paid
    };
    paid_at(&platform, &scene, "studio").await;
    let paid = pay_out(&scene).await;
    platform.advance_secs(120).await;
    payout_in(&platform, &scene, &paid, "paid").await;
    scene.company_balance(&platform, 0, SHARE).await;
    scene.owner.mail(&platform, "Paid out: 42.84 EUR").await;

    paid_at(&platform, &scene, "unclaimed").await;
    let unclaimed = pay_out(&scene).await;
    platform.advance_secs(3_600).await;
    sign_in_again(&platform, &mut scene).await;
    scene.company_balance(&platform, 0, 0).await;
    // It has left PayPal all the same, and what PayPal took for both stands where fees stand.
    account_is(&platform, &scene, "assets:provider:paypal", 2 * (TOTAL - SHARE - PAYPAL_FEE)).await;
    account_is(&platform, &scene, "expense:provider_fees", 2 * PAYPAL_FEE).await;
    scene.provider_agrees(&platform, "paypal", 4).await;

    platform.advance_secs(31 * DAY).await;
    sign_in_again(&platform, &mut scene).await;
    payout_in(&platform, &scene, &unclaimed, "returned").await;
    scene.company_balance(&platform, 0, SHARE).await;
    scene.owner.mail(&platform, "Payout failed: 42.84 EUR").await;
    account_is(&platform, &scene, "assets:provider:paypal", 2 * (TOTAL - PAYPAL_FEE) - SHARE).await;
    scene.provider_agrees(&platform, "paypal", 1).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}
