//! A company's money on its way to its bank, and back where the bank does not take it.

use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Layout, Scene, TestPlatform, studio::TOTAL};

/// What a company keeps of a booking.
const SHARE: i64 = 4_284;
const DAY: i64 = 24 * 3_600;

/// A company with paid bookings that are over.
async fn earned(platform: &TestPlatform, bookings: i64) -> Scene {
    let mut scene = Scene::set(platform).await;
    let mut paid = Vec::new();
    for day in 0..bookings {
        let booking = scene.book(platform, day).await;
        scene.pay(platform, &booking).await;
        paid.push(booking);
    }
    scene.company_balance(platform, bookings * SHARE, 0).await;
    platform.advance_secs(40 * DAY).await;
    sign_in_again(platform, &mut scene).await;
    for booking in &paid {
        scene.booking_in(platform, booking, "completed").await;
    }
    scene.company_balance(platform, 0, bookings * SHARE).await;
    scene
}

async fn sign_in_again(platform: &TestPlatform, scene: &mut Scene) {
    for person in [&mut scene.owner, &mut scene.customer, &mut scene.admin] {
        person.sign_in_again(platform).await;
    }
}

/// The owner goes through Stripe's page.
async fn onboard(platform: &TestPlatform, scene: &Scene) {
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

fn euros(scene: &Scene, cents: i64) -> Value {
    json!({"company_id": scene.company_id, "amount": {"amount": cents, "currency": "EUR"}})
}

async fn payout_in(platform: &TestPlatform, scene: &Scene, payout: &Value, status: &str) {
    let path = format!("/api/payouts/{}", payout["id"].as_str().unwrap());
    eventually(&format!("the payout is {status}"), || async {
        let payout = scene.owner.get(platform, &path).send().await.expect(200);
        (payout["status"] == status).then_some(())
    })
    .await;
}

async fn clearing_is(platform: &TestPlatform, scene: &Scene, wanted: i64) {
    eventually(&format!("the provider has {wanted}"), || async {
        (scene.account(platform, "assets:provider:stripe").await == Some(wanted)).then_some(())
    })
    .await;
}

async fn settle(platform: &TestPlatform, payout: &Value, outcome: &str) {
    let path = format!("/sandbox/payouts/{}/settle", payout["id"].as_str().unwrap());
    let settled = platform.post(&path).json(json!({"outcome": outcome})).send().await;
    assert_eq!(settled.status.as_u16(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_paid_out_and_what_the_bank_refuses_comes_back() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = earned(&platform, 2).await;
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
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

/// Billing dies while Stripe moves the money, and again while it sends it on: once each, whatever it remembers.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_asking_and_hearing_pays_out_once() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = earned(&platform, 1).await;
    onboard(&platform, &scene).await;
    for path in ["/transfers", "/payouts"] {
        let fault = json!({"provider": "stripe", "status": 504, "path": path, "after_the_work": true});
        assert_eq!(platform.post("/sandbox/faults").json(fault).send().await.status.as_u16(), 204);
    }
    let payout = scene.owner.post_once(&platform, "/api/payouts", euros(&scene, SHARE)).await.expect(201);
    for _ in 0..2 {
        platform.processes().crash_and_restart("billing").await;
        end_leases(&platform).await;
    }
    payout_in(&platform, &scene, &payout, "sent").await;
    clearing_is(&platform, &scene, TOTAL - SHARE).await;
    let group = format!("/stripe/v1/transfers?transfer_group={}", payout["id"].as_str().unwrap());
    let made = platform.get(&group).bearer("sk_test_1").send().await.expect(200);
    assert_eq!(made["data"].as_array().unwrap().len(), 1, "{made}");
    settle(&platform, &payout, "paid").await;
    payout_in(&platform, &scene, &payout, "paid").await;
    scene.company_balance(&platform, 0, 0).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}

/// What the process that died had taken up is free at once, and not after a minute.
async fn end_leases(platform: &TestPlatform) {
    let db = platform.db("billing");
    let mut conn = db.conn().await.unwrap();
    diesel::sql_query("UPDATE payouts SET retry_at = NULL").execute(&mut *conn).await.unwrap();
}

/// The schedule pays by itself, and an hour later nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_paid_by_its_schedule() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = earned(&platform, 1).await;
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
