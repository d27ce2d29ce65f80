//! The provider's own page on which people look after their methods, and what is told of it.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::support::{World, default_chosen, method_changed};

const PATH: &str = "/api/stripe/portal-session";

impl World {
    async fn open_portal(&self, body: Value) -> TestResponse {
        self.as_customer(self.service.post(PATH)).json(body).send().await
    }

    async fn default_card(&self) -> String {
        let page = self.as_customer(self.service.get("/api/payment-methods")).send().await.expect(200);
        let is_default = |card: &&Value| card["is_default"] == true;
        let card = page["data"].as_array().unwrap().iter().find(is_default).cloned().unwrap_or_default();
        card["id"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_unknown_is_made_known_and_the_address_of_the_page_is_kept_nowhere() {
    let world = World::start().await;
    let opened = world.open_portal(json!({"return_url": "https://app.example/cards"})).await.expect(201);
    assert_eq!(opened, json!({"url": "https://portal.example/?back=https://app.example/cards"}));
    assert_eq!((world.provider.customers().len(), world.count("provider_customers").await), (1, 1));
    let (_, token) = world.save_card(false).await;
    world.open_portal(json!({})).await.expect(201);
    let customer = format!("cus_{}", world.customer_id());
    let portals = world.provider.lock().methods.portals.clone();
    assert_eq!(portals, [(customer.clone(), None), (customer, Some(token))], "the page shows the default");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_last_counts_wherever_it_was_chosen() {
    let world = World::start().await;
    let (first, first_token) = world.save_card(false).await;
    let (second, second_token) = world.save_card(false).await;
    assert_eq!(world.default_card().await, first);
    let (now, person) = (world.service.now(), world.customer_id());
    let later = |secs: i64| now + SignedDuration::from_secs(secs);
    world.webhook(default_chosen(person, &second_token, later(60))).await;
    assert_eq!(world.default_card().await, second);
    // Told late: the choice was made before.
    world.webhook(default_chosen(person, &first_token, later(30))).await;
    assert_eq!(world.default_card().await, second);
    world.service.advance_secs(120).await;
    let path = format!("/api/payment-methods/{first}/default");
    world.as_customer(world.service.request(reqwest::Method::PUT, &path)).send().await.expect(200);
    world.webhook(default_chosen(person, &second_token, later(90))).await;
    assert_eq!(world.default_card().await, first, "chosen here, after what is told now");
    // Removed there, and then told to be the default by an event that was on the way.
    world.webhook(method_changed(&second_token, None)).await;
    world.webhook(default_chosen(person, &second_token, later(600))).await;
    assert_eq!(world.default_card().await, first);
    // Somebody whom nobody knows.
    world.webhook(default_chosen(kernel::UserId::new(), &first_token, later(900))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_person_comes_back_to_is_a_page_and_only_people_have_one() {
    let world = World::start().await;
    for bad in ["javascript:alert(1)", "/cards", "https://user:pw@example.com/"] {
        world.open_portal(json!({"return_url": bad})).await.expect_problem(422, "invalid_callback_url");
    }
    world.open_portal(json!({"return_url": "https://a.example", "customer": "cus_1"})).await.expect(422);
    world.service.post(PATH).json(json!({})).send().await.expect_problem(401, "authentication_required");
    assert_eq!((world.provider.calls(), world.count("provider_customers").await), (0, 0));
    world.provider.set_down(true);
    world.open_portal(json!({})).await.expect_problem(503, "unavailable");
    world.provider.set_down(false);
    let other = world.service.token(&CallerToken::default());
    world.service.post(PATH).bearer(&other).json(json!({})).send().await.expect(201);
}
