//! The same story with each provider: paid, booked, given back, and the books agree.

use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Booking, Layout, Scene, TestPlatform, studio::TOTAL};

const GOOD: &str = "4242424242424242";
const NO_FUNDS: &str = "4000000000009995";

pub async fn session_at(platform: &TestPlatform, scene: &Scene, booking: &Booking, provider: &str) -> Value {
    let body = json!({"payable": {"type": "booking", "id": booking.id}, "provider": provider});
    let payment = scene.customer.post_once(platform, "/api/payments/session", body).await.expect(201);
    assert_eq!(payment["provider"], provider);
    let page = platform.client.get(payment["checkout_url"].as_str().unwrap()).send().await.unwrap();
    assert!(page.status().is_success(), "a person can open the page of {provider}");
    payment
}

async fn clearing(platform: &TestPlatform, scene: &Scene, provider: &str, wanted: i64) {
    let code = format!("assets:provider:{provider}");
    eventually(&format!("{code} is {wanted}"), || async {
        (scene.account(platform, &code).await == Some(wanted)).then_some(())
    })
    .await;
}

/// Declined, paid, confirmed, cancelled and given back.
async fn pay_and_cancel(platform: &TestPlatform, scene: &Scene, provider: &str, day: i64) {
    let booking = scene.book(platform, day).await;
    let payment = session_at(platform, scene, &booking, provider).await;
    assert_eq!(platform.pay_with(&payment, NO_FUNDS).await.expect(200)["outcome"], "declined");
    eventually(&format!("{provider} tells of the decline"), || async {
        let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
        let shown = scene.customer.get(platform, &path).send().await.expect(200);
        (shown["failure_code"].is_string() && shown["status"] == "pending").then_some(())
    })
    .await;
    assert_eq!(platform.pay_with(&payment, GOOD).await.expect(200)["outcome"], "succeeded");
    scene.booking_in(platform, &booking, "confirmed").await;
    let paid = scene.payment_in(platform, &payment, "succeeded").await;
    assert!(paid["provider_payment_id"].is_string() && paid["failure_code"].is_null(), "{paid}");
    clearing(platform, scene, provider, TOTAL).await;

    let path = format!("/api/bookings/{}/cancel", booking.id);
    scene.customer.post(platform, &path).json(json!({})).send().await.expect(200);
    scene.payment_in(platform, &payment, "refunded").await;
    clearing(platform, scene, provider, 0).await;
    scene.assert_books_balance(platform).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pay_with_each_provider() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let config = platform.get("/api/payments/config").send().await.expect(200);
    assert_eq!(config["providers"], json!(["stripe", "square", "paypal"]));
    for (day, provider) in (0..).zip(["stripe", "square", "paypal"]) {
        pay_and_cancel(&platform, &scene, provider, day).await;
    }
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pay_with_paypal_and_square_across_processes() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = Scene::set(&platform).await;
    for (day, provider) in (0..).zip(["square", "paypal"]) {
        pay_and_cancel(&platform, &scene, provider, day).await;
    }
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_of_a_company_holds_for_its_customers() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let path = "/api/payments/settings";
    let chosen = json!({"company_id": scene.company_id, "provider": "paypal"});
    let choose = || scene.owner.put(&platform, path);
    assert_eq!(choose().json(chosen).send().await.expect(200)["provider"], "paypal");
    let booking = scene.book(&platform, 0).await;
    let payment = scene.payment_session(&platform, &booking).await;
    assert_eq!(payment["provider"], "paypal");
    let cleared = json!({"company_id": scene.company_id, "provider": null});
    let shown = choose().json(cleared).send().await.expect(200);
    assert_eq!((&shown["provider"], &shown["default_provider"]), (&Value::Null, &json!("stripe")));
    assert_eq!(scene.payment_session(&platform, &booking).await["provider"], "stripe");
    let unknown = json!({"company_id": scene.company_id, "provider": "visa"});
    assert_eq!(choose().json(unknown).send().await.status.as_u16(), 422);
    platform.stop().await;
}

/// Webhooks are lost, and the provider loses its own answer to the capture: the money is taken once all the same.
#[tokio::test(flavor = "multi_thread")]
async fn lost_webhooks_and_lost_answers_of_each_provider_are_made_up_for() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    for (day, provider) in (0..).zip(["stripe", "square", "paypal"]) {
        let booking = scene.book(&platform, day).await;
        let payment = session_at(&platform, &scene, &booking, provider).await;
        let body = json!({"card": GOOD, "webhooks": {"drop": true}});
        platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);
        let fault = json!({"provider": provider, "status": 500, "after_the_work": true});
        assert_eq!(platform.post("/sandbox/faults").json(fault).send().await.status.as_u16(), 204);
        let verify = json!({"payment_id": payment["id"]});
        eventually(&format!("{provider} has been asked"), || async {
            let verified = scene.customer.post(&platform, "/api/payments/verify").json(verify.clone()).send().await;
            (verified.status == 200 && verified.json()["status"] == "succeeded").then_some(())
        })
        .await;
        scene.booking_in(&platform, &booking, "confirmed").await;
        clearing(&platform, &scene, provider, TOTAL).await;
    }
    platform.assert_healthy().await;
}

/// A customer with two pages open pays on both: one payment counts, the other goes back or is never taken.
#[tokio::test(flavor = "multi_thread")]
async fn paying_twice_by_two_sessions_of_two_providers_keeps_one_payment() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let first = session_at(&platform, &scene, &booking, "square").await;
    let second = session_at(&platform, &scene, &booking, "paypal").await;
    assert_eq!(platform.pay_with(&first, GOOD).await.expect(200)["outcome"], "succeeded");
    scene.booking_in(&platform, &booking, "confirmed").await;
    assert_eq!(platform.pay_with(&second, GOOD).await.expect(200)["outcome"], "succeeded");
    platform.assert_healthy().await;
    let held = |code: &'static str| scene.account(&platform, code);
    eventually("one payment is kept", || async {
        let square = held("assets:provider:square").await.unwrap_or_default();
        let paypal = held("assets:provider:paypal").await.unwrap_or_default();
        (square + paypal == TOTAL).then_some(())
    })
    .await;
    scene.assert_books_balance(&platform).await;
}

/// Payments of all three providers, whose messages arrive late, repeated, shuffled or never, and are forged in between:
/// each is counted once.
#[tokio::test(flavor = "multi_thread")]
async fn news_in_any_order_repeated_lost_and_forged_ends_like_news_in_order() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let providers = ["stripe", "square", "paypal"];
    let count = i64::try_from(testkit::budget(9, 120)).unwrap();
    let mut payments = Vec::new();
    for (day, provider) in (0..count).zip(providers.into_iter().cycle()) {
        let booking = scene.book(&platform, day).await;
        let payment = session_at(&platform, &scene, &booking, provider).await;
        // Every seventh is lost altogether; the others come up to five times, in any order.
        let webhooks =
            json!({"copies": 1 + day % 5, "delay_ms": (day * 37) % 200, "shuffle": true, "drop": day % 7 == 6});
        let body = json!({"card": GOOD, "webhooks": webhooks});
        platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);
        let forged =
            json!({"id": format!("forged-{day}"), "event_id": format!("forged-{day}"), "type": "payment.updated"});
        let forged = platform.post(&format!("/webhooks/{provider}")).json(forged).send().await;
        forged.expect_problem(400, "invalid_signature");
        payments.push((booking, payment));
    }
    // Whatever nobody told of is asked for.
    platform.advance_secs(20 * 60).await;
    scene.customer.sign_in_again(&platform).await;
    scene.admin.sign_in_again(&platform).await;
    for (booking, payment) in &payments {
        scene.booking_in(&platform, booking, "confirmed").await;
        scene.payment_in(&platform, payment, "succeeded").await;
    }
    platform.assert_healthy().await;
    for provider in providers {
        clearing(&platform, &scene, provider, TOTAL * count / 3).await;
    }
    scene.assert_books_balance(&platform).await;
}

/// Billing dies while PayPal takes the money, and again while the money goes back: once each, whatever it remembers.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_asking_and_hearing_takes_and_gives_back_once() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = session_at(&platform, &scene, &booking, "paypal").await;
    let loses = |path: &str| json!({"provider": "paypal", "status": 504, "path": path, "after_the_work": true});
    let fault = |path: &str| platform.post("/sandbox/faults").json(loses(path)).send();
    assert_eq!(fault("/capture").await.status.as_u16(), 204);
    let body = json!({"card": GOOD, "webhooks": {"delay_ms": 1500}});
    platform.complete(payment["id"].as_str().unwrap(), body).await.expect(200);
    platform.processes().crash_and_restart("billing").await;
    scene.booking_in(&platform, &booking, "confirmed").await;
    clearing(&platform, &scene, "paypal", TOTAL).await;

    assert_eq!(fault("/refund").await.status.as_u16(), 204);
    let path = format!("/api/bookings/{}/cancel", booking.id);
    scene.customer.post(&platform, &path).json(json!({})).send().await.expect(200);
    platform.processes().crash_and_restart("billing").await;
    scene.payment_in(&platform, &payment, "refunded").await;
    clearing(&platform, &scene, "paypal", 0).await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_of_each_provider_is_seen_by_the_company_to_its_end() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let path = format!("/api/disputes?company_id={}", scene.company_id);
    let ends = [("stripe", "won"), ("square", "lost"), ("paypal", "won")];
    for (day, (provider, outcome)) in (0..).zip(ends) {
        let booking = scene.book(&platform, day).await;
        let payment = session_at(&platform, &scene, &booking, provider).await;
        assert_eq!(platform.pay_with(&payment, "4000000000000259").await.expect(200)["outcome"], "succeeded");
        let seen = async |status: &str| {
            eventually(&format!("the dispute at {provider} is {status}"), || async {
                let page = scene.owner.get(&platform, &path).send().await.expect(200);
                let disputes = page["data"].as_array().unwrap().clone();
                disputes.into_iter().find(|found| found["payment_id"] == payment["id"] && found["status"] == status)
            })
            .await
        };
        let dispute = seen("needs_response").await;
        assert!(dispute["evidence_due_at"].is_string() && dispute["amount"]["amount"] == TOTAL, "{dispute}");
        let decide = format!("/sandbox/disputes/{}/decide", payment["id"].as_str().unwrap());
        let decided = platform.post(&decide).json(json!({"outcome": outcome})).send().await;
        assert_eq!(decided.status.as_u16(), 204);
        assert!(seen(outcome).await["closed_at"].is_string());
        // The booking stands: a dispute is between the customer's bank and the provider.
        scene.booking_in(&platform, &booking, "confirmed").await;
    }
    // The payment, the dispute with its fee, and what came back.
    clearing(&platform, &scene, "stripe", TOTAL - 2_000).await;
    scene.stripe_agrees(&platform, 4).await;
    scene.provider_agrees(&platform, "paypal", 3).await;
    // Square lists what it has paid out, and that is never nothing: another payment has to come.
    scene.customer.sign_in_again(&platform).await;
    let booking = scene.book(&platform, 3).await;
    let payment = session_at(&platform, &scene, &booking, "square").await;
    assert_eq!(platform.pay_with(&payment, GOOD).await.expect(200)["outcome"], "succeeded");
    scene.booking_in(&platform, &booking, "confirmed").await;
    platform.advance_secs(86_400).await;
    scene.admin.sign_in_again(&platform).await;
    clearing(&platform, &scene, "square", 0).await;
    scene.provider_agrees(&platform, "square", 4).await;
    platform.assert_healthy().await;
}
