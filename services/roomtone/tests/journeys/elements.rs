//! Paying on the client's own page, in fields of Stripe's, and Stripe's page for a person's cards. What Stripe.js sends to Stripe
//! goes to the sandbox.

use serde_json::{Value, json};
use testkit::{TestResponse, eventually};

use crate::support::{Booking, Layout, Scene, TestPlatform, studio::TOTAL};

const GOOD: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";
const ASKS_THE_BANK: &str = "4000002500003155";

/// A payment that the client confirms itself.
pub async fn open(platform: &TestPlatform, scene: &Scene, booking: &Booking) -> Value {
    let body = json!({"payable": {"type": "booking", "id": booking.id}, "ui": "elements"});
    scene.customer.post_once(platform, "/api/payments/session", body).await.expect(201)
}

/// The customer has typed a card into the fields; Stripe.js knows the payment by the secret.
pub async fn confirm(platform: &TestPlatform, payment: &Value, card: &str) -> TestResponse {
    let method = format!("payment_method_data[type]=card&payment_method_data[card][number]={card}");
    confirm_with(platform, payment, &method).await
}

/// The same with whatever they have chosen there.
pub async fn confirm_with(platform: &TestPlatform, payment: &Value, method: &str) -> TestResponse {
    let (secret, key) = (payment["client_secret"].as_str().unwrap(), payment["publishable_key"].as_str().unwrap());
    let form = format!("key={key}&client_secret={secret}&return_url=https://app.example/paid&{method}");
    let path = format!("/stripe/v1/payment_intents/{}/confirm", intent_of(payment));
    platform.post(&path).raw("application/x-www-form-urlencoded", form).send().await
}

fn intent_of(payment: &Value) -> &str {
    payment["client_secret"].as_str().unwrap().split_once("_secret_").unwrap().0
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_pays_on_the_clients_page_past_a_decline_and_the_bank() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = open(&platform, &scene, &booking).await;
    assert_eq!((&payment["publishable_key"], &payment["checkout_url"]), (&json!("pk_test_sandbox"), &Value::Null));

    let declined = confirm(&platform, &payment, DECLINED).await.expect(402);
    assert_eq!(declined["error"]["decline_code"], "generic_decline");
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    eventually("the decline is known", || async {
        let payment = scene.customer.get(&platform, &path).send().await.expect(200);
        (payment["failure_code"] == "generic_decline").then_some(())
    })
    .await;
    let asked = confirm(&platform, &payment, ASKS_THE_BANK).await.expect(200);
    assert_eq!(asked["status"], "requires_action");
    let bank = asked["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
    assert!(browser().get(bank).send().await.unwrap().text().await.unwrap().contains("3-D Secure"));
    let back = browser().post(bank).form(&[("answer", "approve")]).send().await.unwrap();
    assert_eq!(back.headers()["location"], "https://app.example/paid");
    scene.booking_in(&platform, &booking, "confirmed").await;
    eventually("the card is known", || async {
        let payment = scene.customer.get(&platform, &path).send().await.expect(200);
        let is_known = payment["status"] == "succeeded" && payment["method"]["last4"] == "3155";
        (is_known && payment["attempts"] == 2).then_some(())
    })
    .await;
    confirm(&platform, &payment, GOOD).await.expect(400);
    scene.company_balance(&platform, 4_284, 0).await;
    scene.stripe_agrees(&platform, 1).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_payments_confirmed_at_once_keep_one_and_an_expired_one_cannot_be_confirmed() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    // Stripe cannot be told in time that the first one is superseded.
    let fault = json!({"provider": "stripe", "status": 503, "path": "/cancel", "for_secs": 600});
    assert_eq!(platform.post("/sandbox/faults").json(fault).send().await.status.as_u16(), 204);
    let (first, second) = (open(&platform, &scene, &booking).await, open(&platform, &scene, &booking).await);
    let (one, two) = tokio::join!(confirm(&platform, &first, GOOD), confirm(&platform, &second, GOOD));
    assert_eq!((&one.expect(200)["status"], &two.expect(200)["status"]), (&json!("succeeded"), &json!("succeeded")));
    scene.booking_in(&platform, &booking, "confirmed").await;
    eventually("one is kept and one goes back", || async {
        let mut statuses = Vec::new();
        for payment in [&first, &second] {
            let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
            statuses.push(scene.customer.get(&platform, &path).send().await.expect(200)["status"].to_string());
        }
        statuses.sort_unstable();
        (statuses == ["\"refunded\"", "\"succeeded\""]).then_some(())
    })
    .await;
    scene.company_balance(&platform, 4_284, 0).await;
    platform.advance_secs(1_200).await;

    scene.customer.sign_in_again(&platform).await;
    let late = scene.book(&platform, 1).await;
    let payment = open(&platform, &scene, &late).await;
    platform.advance_secs(31 * 60).await;
    let path = format!("/stripe/v1/payment_intents/{}", intent_of(&payment));
    eventually("the intent is cancelled", || async {
        let intent = platform.get(&path).bearer("sk_test_1").send().await.expect(200);
        (intent["status"] == "canceled").then_some(())
    })
    .await;
    confirm(&platform, &payment, GOOD).await.expect(400);
    scene.customer.sign_in_again(&platform).await;
    scene.payment_in(&platform, &payment, "cancelled").await;
    scene.stripe_agrees(&platform, 3).await;
    assert_eq!(scene.account(&platform, "assets:provider:stripe").await, Some(TOTAL));
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_does_in_the_portal_is_known_here() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let mut saved = Vec::new();
    for _ in 0..2 {
        let setup = scene.customer.post(&platform, "/api/payment-methods/setup-session");
        let setup = setup.json(json!({"off_session": false})).send().await.expect(201);
        platform.complete(setup["id"].as_str().unwrap(), json!({"card": GOOD})).await.expect(200);
        let verify = scene.customer.post(&platform, "/api/payment-methods/verify");
        saved.push(verify.json(json!({"setup_id": setup["id"]})).send().await.expect(200)["payment_method_id"].clone());
    }
    let cards = async || {
        let page = scene.customer.get(&platform, "/api/payment-methods").send().await.expect(200);
        let card = |card: &Value| (card["id"].clone(), card["is_default"] == true);
        page["data"].as_array().unwrap().iter().map(card).collect::<Vec<_>>()
    };
    assert_eq!(cards().await, [(saved[1].clone(), false), (saved[0].clone(), true)]);

    let opened = scene.customer.post(&platform, "/api/stripe/portal-session");
    let opened = opened.json(json!({"return_url": "https://app.example/cards"})).send().await.expect(201);
    let portal = opened["url"].as_str().unwrap();
    let page = browser().get(portal).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("https://app.example/cards") && page.matches("Make it the default").count() == 1, "{page}");
    // The other card's form is the one that can be made the default.
    let other = page.split("<li>").find(|form| form.contains("Make it the default")).unwrap();
    let method = other.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    // Stripe tells times to the second.
    platform.advance_secs(1).await;
    browser().post(portal).form(&[("method", method.as_str()), ("action", "default")]).send().await.unwrap();
    eventually("the default is another one", || async {
        (cards().await == [(saved[1].clone(), true), (saved[0].clone(), false)]).then_some(())
    })
    .await;
    browser().post(portal).form(&[("method", method.as_str()), ("action", "remove")]).send().await.unwrap();
    eventually("it is gone", || async { (cards().await == [(saved[0].clone(), false)]).then_some(()) }).await;
    platform.assert_healthy().await;
}
