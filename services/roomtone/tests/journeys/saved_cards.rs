//! A card that is saved on the sandbox's page, what it pays, and what is held on it.

use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Layout, Scene, TestPlatform, studio::TOTAL};

const DAY: i64 = 24 * 3_600;

/// Saves a card on the hosted page, as a person with a browser does, and waits for the webhook.
async fn save_card(platform: &TestPlatform, scene: &Scene, off_session: bool) -> Value {
    let setup = json!({"off_session": off_session});
    let request = scene.customer.post(platform, "/api/payment-methods/setup-session").json(setup);
    let setup = request.send().await.expect(201);
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = setup["setup_url"].as_str().unwrap();
    assert!(browser.get(page).send().await.unwrap().text().await.unwrap().contains("Save the card"));
    let sent_back = browser.post(page).form(&[("card", "4242 4242 4242 4242")]).send().await.unwrap();
    assert!(sent_back.headers()["location"].to_str().unwrap().contains(setup["id"].as_str().unwrap()));
    eventually("the card is saved", || async {
        let page = scene.customer.get(platform, "/api/payment-methods").send().await.expect(200);
        page["data"].as_array().and_then(|methods| methods.first().cloned())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_card_confirms_a_booking_and_a_company_charges_the_next() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let card = save_card(&platform, &scene, true).await;
    assert_eq!((&card["last4"], &card["is_default"]), (&json!("4242"), &json!(true)));

    let first = scene.book(&platform, 0).await;
    let body = json!({"payable": {"type": "booking", "id": first.id}, "payment_method_id": card["id"]});
    let paid = scene.customer.post_once(&platform, "/api/payments/session", body).await.expect(201);
    assert_eq!((&paid["status"], &paid["method"]["last4"]), (&json!("succeeded"), &json!("4242")));
    scene.booking_in(&platform, &first, "confirmed").await;

    let second = scene.book(&platform, 1).await;
    let body = json!({"payable": {"type": "booking", "id": second.id}});
    let charged = scene.owner.post_once(&platform, "/api/payments/charge", body).await.expect(201);
    assert_eq!(charged["status"], "succeeded");
    scene.booking_in(&platform, &second, "confirmed").await;

    let path = format!("/api/payment-methods/{}", card["id"].as_str().unwrap());
    let removed = platform.client.delete(format!("{}{path}", platform.url)).bearer_auth(&scene.customer.token);
    assert_eq!(removed.send().await.unwrap().status().as_u16(), 204);
    let third = scene.book(&platform, 2).await;
    let body = json!({"payable": {"type": "booking", "id": third.id}});
    scene.owner.post_once(&platform, "/api/payments/charge", body).await.expect_problem(409, "no_consent");
}

async fn authorization_is(platform: &TestPlatform, scene: &Scene, payment: &Value, word: &str) -> Value {
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    eventually(&format!("the authorisation is {word}"), || async {
        let payment = scene.owner.get(platform, &path).send().await.expect(200);
        (payment["authorization"]["status"] == word).then_some(payment)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn held_money_is_renewed_captured_in_part_and_all_books_agree() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    save_card(&platform, &scene, true).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    let body = json!({"payable": {"type": "booking", "id": booking.id}, "capture": "manual", "amount": 20_000});
    let first = scene.owner.post_once(&platform, "/api/payments/charge", body).await.expect(201);
    assert_eq!((&first["status"], &first["authorization"]["status"]), (&json!("processing"), &json!("held")));
    for provider in ["square", "paypal"] {
        let payable = json!({"type": "booking", "id": booking.id});
        let elsewhere = json!({"payable": payable, "capture": "manual", "amount": 1, "provider": provider});
        let refused = scene.customer.post_once(&platform, "/api/payments/session", elsewhere).await;
        refused.expect_problem(409, "authorization_not_offered");
    }
    platform.advance_secs(6 * DAY + 3_600).await;
    for person in [&mut scene.owner, &mut scene.customer, &mut scene.admin] {
        person.sign_in_again(&platform).await;
    }
    let first = authorization_is(&platform, &scene, &first, "void").await;
    let second = json!({"id": first["authorization"]["renewed_by"]});
    authorization_is(&platform, &scene, &second, "held").await;

    let path = format!("/api/payments/{}/capture", second["id"].as_str().unwrap());
    scene.owner.post_once(&platform, &path, json!({"amount": 5_000})).await.expect(200);
    authorization_is(&platform, &scene, &second, "captured").await;
    let path = format!("/api/bookings/{}", booking.id);
    let charged = eventually("the booking has it", || async {
        let booking = scene.customer.get(&platform, &path).send().await.expect(200);
        (booking["amount_paid"]["amount"] == TOTAL + 5_000).then_some(booking)
    })
    .await;
    assert_eq!(charged["price"]["total"]["amount"], TOTAL + 5_000);
    // 42.84 of the price, and of the 50.00: 4.61 commission, 0.88 VAT on it.
    scene.company_balance(&platform, 4_284 + 4_451, 0).await;
    assert_eq!(scene.account(&platform, "liabilities:unallocated").await, Some(0));
    scene.stripe_agrees(&platform, 2).await;
    scene.assert_books_balance(&platform).await;
    scene.owner.sign_in_again(&platform).await;
    let payment = authorization_is(&platform, &scene, &second, "captured").await;
    assert_eq!(payment["amount_refunded"]["amount"], 0, "what was let go of is no refund");
}
