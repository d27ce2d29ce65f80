//! Saving a card, choosing among cards, being charged by one, and giving it up.

use contracts::{
    auth::v1::{EmailChanged, UserErased},
    billing::v1::{PaymentMethodRemoved, PaymentMethodSaved, PaymentSucceeded},
};
use kernel::MethodSetupId;
use providers::{Presence, ProviderError};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse, eventually};

use crate::support::{CutOff, World, declined, method_changed, payment_id, session_body, setup_moved, visa};

impl World {
    async fn open_setup(&self, off_session: bool) -> Value {
        let request = self.as_customer(self.service.post("/api/payment-methods/setup-session"));
        request.json(json!({"off_session": off_session})).send().await.expect(201)
    }

    async fn verify_setup(&self, setup: &Value) -> Value {
        let request = self.as_customer(self.service.post("/api/payment-methods/verify"));
        request.json(json!({"setup_id": setup["id"]})).send().await.expect(200)
    }

    /// A saved card: its id, and its token at the provider.
    pub async fn save_card(&self, off_session: bool) -> (String, String) {
        let setup = self.open_setup(off_session).await;
        let token = self.provider.give_card(setup_id(&setup));
        let setup = self.verify_setup(&setup).await;
        (setup["payment_method_id"].as_str().unwrap().to_owned(), token)
    }

    async fn methods(&self) -> Vec<Value> {
        let page = self.as_customer(self.service.get("/api/payment-methods")).send().await.expect(200);
        page["data"].as_array().unwrap().clone()
    }

    async fn put(&self, id: &str, what: &str, body: Value) -> TestResponse {
        let request = self.as_customer(self.service.request(Method::PUT, &format!("/api/payment-methods/{id}/{what}")));
        request.json(body).send().await
    }

    async fn remove(&self, id: &str) -> TestResponse {
        self.as_customer(self.service.request(Method::DELETE, &format!("/api/payment-methods/{id}"))).send().await
    }

    async fn pay_with(&self, booking_id: &str, method: &str, key: &str) -> TestResponse {
        let mut body = session_body(booking_id);
        body["payment_method_id"] = method.into();
        let request = self.as_customer(self.service.post("/api/payments/session"));
        request.idempotency_key(key).json(body).send().await
    }

    async fn last_payment(&self) -> Value {
        let page = self.as_customer(self.service.get("/api/payments?limit=1")).send().await.expect(200);
        page["data"][0]["id"].clone()
    }

    async fn charge(&self, booking_id: &str) -> TestResponse {
        let request = self.as_manager(self.service.post("/api/payments/charge"));
        request.idempotency_key(&kernel::new_uuid().to_string()).json(session_body(booking_id)).send().await
    }
}

fn setup_id(setup: &Value) -> MethodSetupId {
    setup["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_card_shows_its_last_four_and_nothing_to_charge_it_by() {
    let world = World::start().await;
    let setup = world.open_setup(false).await;
    assert_eq!((&setup["status"], &setup["payment_method_id"]), (&json!("pending"), &Value::Null));
    assert!(setup["setup_url"].as_str().unwrap().starts_with("https://save.example/"));
    assert_eq!(world.verify_setup(&setup).await["status"], "pending");

    let token = world.provider.give_card(setup_id(&setup));
    world.webhook(setup_moved(setup_id(&setup))).await;
    let method = eventually("the card is saved", async || world.methods().await.pop()).await;
    for (field, value) in [
        ("kind", json!("card")),
        ("brand", json!("visa")),
        ("last4", json!("4242")),
        ("exp_year", json!(2030)),
        ("is_default", json!(true)),
        ("off_session", json!(false)),
    ] {
        assert_eq!(method[field], value, "{method}");
    }
    assert!(!method.to_string().contains(&token));
    assert_eq!(world.count(&format!("payment_methods WHERE token LIKE '%{token}%'")).await, 0);
    // Told again, and asked again, it is one card.
    world.webhook(setup_moved(setup_id(&setup))).await;
    let again = world.verify_setup(&setup).await;
    assert_eq!((&again["status"], &again["payment_method_id"]), (&json!("succeeded"), &method["id"]));
    assert_eq!(world.service.events::<PaymentMethodSaved>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_or_answer_loses_no_card() {
    let world = World::start().await;
    let setup = world.open_setup(false).await;
    world.provider.lose_next_answer();
    let request = world.as_customer(world.service.post("/api/payment-methods/setup-session"));
    request.json(json!({"off_session": false})).send().await.expect_problem(503, "unavailable");
    let [first, second] = world.provider.setups()[..] else { panic!("two pages") };
    assert_eq!(first, setup_id(&setup));
    for given in [first, second] {
        world.provider.give_card(given);
    }
    world.service.advance_secs(1_200).await;
    eventually("both cards are saved", async || (world.methods().await.len() == 2).then_some(())).await;
    assert_eq!(world.provider.customers().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_one_customer_at_the_provider_with_the_address_they_have() {
    let world = World::start().await;
    let known_as = async |email: &str| {
        let wanted = [Some(email.to_owned())];
        eventually("the provider knows it", async || (world.provider.customers() == wanted).then_some(())).await;
    };
    for _ in 0..2 {
        world.open_setup(false).await;
    }
    known_as(&format!("{}@example.com", world.customer_id())).await;

    world.provider.set_down(true);
    let changed = async |email: &str, version: i64| {
        let (user_id, email) = (world.customer_id().to_string(), email.to_owned());
        let event = EmailChanged { user_id, email, name: "Ada".to_owned(), previous_email: String::new() };
        world.service.deliver(world.customer_id().uuid(), version, &event).await;
    };
    changed("third@example.com", 3).await;
    changed("second@example.com", 2).await;
    world.provider.set_down(false);
    known_as("third@example.com").await;
    assert_eq!(world.count("provider_customers WHERE email = 'third@example.com'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_cards_at_once_are_one_default() {
    let world = World::start().await;
    let (first, second) = (world.open_setup(false).await, world.open_setup(false).await);
    for setup in [&first, &second] {
        world.provider.give_card(setup_id(setup));
    }
    tokio::join!(world.verify_setup(&first), world.verify_setup(&second));
    assert_eq!(world.methods().await.iter().filter(|method| method["is_default"] == true).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_saves_more_cards_than_anybody_needs() {
    let world = World::start().await;
    world.save_card(false).await;
    for _ in 1..20 {
        world.open_setup(false).await;
    }
    let request = world.as_customer(world.service.post("/api/payment-methods/setup-session"));
    request.json(json!({"off_session": false})).send().await.expect_problem(409, "too_many_payment_methods");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_method_is_the_default_and_each_has_its_own_consent() {
    let world = World::start().await;
    let (first, _) = world.save_card(false).await;
    let (second, _) = world.save_card(true).await;
    let flags = async |id: &str| {
        let methods = world.methods().await;
        let method = methods.into_iter().find(|method| method["id"] == id).unwrap();
        (method["is_default"] == true, method["off_session"] == true)
    };
    assert_eq!((flags(&first).await, flags(&second).await), ((true, false), (false, true)));
    world.put(&second, "default", Value::Null).await.expect(200);
    world.put(&first, "consent", json!({"off_session": true})).await.expect(200);
    world.put(&second, "consent", json!({"off_session": false})).await.expect(200);
    assert_eq!((flags(&first).await, flags(&second).await), ((false, true), (true, false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_card_is_gone_here_and_at_the_provider() {
    let world = World::start().await;
    let (method, _) = world.save_card(true).await;
    world.provider.set_down(true);
    world.remove(&method).await.expect(204);
    world.remove(&method).await.expect(404);
    assert!(world.methods().await.is_empty());
    let booking = world.hold().await;
    world.provider.set_down(false);
    world.pay_with(&booking.booking_id, &method, "gone").await.expect_problem(422, "unknown_payment_method");
    world.charge(&booking.booking_id).await.expect_problem(409, "no_consent");
    eventually("the provider has given it up", async || world.provider.tokens().is_empty().then_some(())).await;
    eventually("its token is gone", async || {
        (world.count("payment_methods WHERE token IS NOT NULL").await == 0).then_some(())
    })
    .await;
    assert_eq!(world.service.events::<PaymentMethodRemoved>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_the_provider_changes_here() {
    let world = World::start().await;
    let (_, token) = world.save_card(true).await;
    world.webhook(method_changed("pm_of_somebody_elses", None)).await;
    world.webhook(method_changed(&token, Some(visa(2035)))).await;
    assert_eq!(world.methods().await[0]["exp_year"], 2035);
    world.webhook(method_changed(&token, None)).await;
    world.webhook(method_changed(&token, None)).await;
    assert!(world.methods().await.is_empty());
    assert_eq!(world.service.events::<PaymentMethodRemoved>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_card_pays_at_once_and_once() {
    let world = World::start().await;
    let (method, _) = world.save_card(false).await;
    let booking = world.hold().await;
    world.provider.cut_off_next_charge(CutOff::AfterTheCharge);
    world.pay_with(&booking.booking_id, &method, "one").await.expect_problem(503, "unavailable");
    let payment = world.pay_with(&booking.booking_id, &method, "one").await.expect(201);
    assert_eq!((&payment["status"], &payment["checkout_url"]), (&json!("succeeded"), &Value::Null));
    let again = world.pay_with(&booking.booking_id, &method, "one").await.expect(201);
    assert_eq!(again["id"], payment["id"]);
    assert_eq!(world.provider.charges(), [(payment_id(&payment), Presence::OnSession)]);
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_declines_or_asks_is_heard() {
    let world = World::start().await;
    let (method, _) = world.save_card(false).await;
    let booking = world.hold().await;
    world.provider.decline_next_charge("insufficient_funds");
    let refused = world.pay_with(&booking.booking_id, &method, "declined").await.expect(201);
    assert_eq!((&refused["status"], &refused["failure_code"]), (&json!("failed"), &json!("insufficient_funds")));
    assert_eq!(refused["attempts"], 1);

    world.provider.ask_at_next_charge();
    let asked = world.pay_with(&booking.booking_id, &method, "asked").await.expect(201);
    assert_eq!((&asked["status"], &asked["checkout_url"]), (&json!("pending"), &json!("https://bank.example/")));
    assert!(world.provider.charges().is_empty());
    // Their answer is the only one there is.
    world.webhook(declined(&asked, "payment_intent_authentication_failure", 0)).await;
    assert_eq!(world.payment(&asked).await["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_off_charge_is_not_made_without_consent_and_not_lost_where_it_was_made() {
    let world = World::start().await;
    let (method, _) = world.save_card(true).await;
    let booking = world.hold().await;
    for (cut_off, status, made) in [(CutOff::BeforeTheCharge, "failed", 0), (CutOff::AfterTheCharge, "succeeded", 1)] {
        world.put(&method, "consent", json!({"off_session": true})).await.expect(200);
        world.provider.cut_off_next_charge(cut_off);
        world.charge(&booking.booking_id).await.expect_problem(503, "unavailable");
        world.put(&method, "consent", json!({"off_session": false})).await.expect(200);
        world.service.advance_secs(1_200).await;
        let payment_id = world.last_payment().await;
        world.payment_becomes(&json!({"id": payment_id}), status).await;
        assert_eq!(world.provider.charges().len(), made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_nobody_wants_any_more_is_given_up_and_never_made() {
    let world = World::start().await;
    let (method, _) = world.save_card(false).await;
    let booking = world.hold().await;
    // Prepared, and cut off before it was made.
    world.provider.lose_next_answer();
    world.pay_with(&booking.booking_id, &method, "cut off").await.expect_problem(503, "unavailable");
    let cut_off = world.provider.sessions().pop().unwrap().request.payment_id;
    let other = world.open_session(&booking.booking_id).await.expect(201);
    world.payment_becomes(&json!({"id": cut_off.to_string()}), "cancelled").await;
    assert_eq!(world.payment(&other).await["status"], "pending");
    assert!(world.provider.charges().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_charges_only_who_has_agreed() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.charge(&booking.booking_id).await.expect_problem(409, "no_consent");
    let (method, _) = world.save_card(false).await;
    world.charge(&booking.booking_id).await.expect_problem(409, "no_consent");
    world.put(&method, "consent", json!({"off_session": true})).await.expect(200);

    world.provider.decline_next_charge("authentication_required");
    let declined = world.charge(&booking.booking_id).await.expect(201);
    assert_eq!((&declined["status"], &declined["failure_code"]), (&json!("failed"), &json!("authentication_required")));
    let charged = world.charge(&booking.booking_id).await.expect(201);
    assert_eq!(charged["status"], "succeeded");
    assert_eq!(world.provider.charges(), [(payment_id(&charged), Presence::OffSession)]);
    let by = world.manager.user_id().uuid();
    assert_eq!(world.count(&format!("payment_sessions WHERE charged_by = '{by}'")).await, 2);
    world.charge(&booking.booking_id).await.expect_problem(409, "nothing_due");

    // Neither the customer nor a stranger charges for the company.
    for (caller, status) in [(&world.customer, 404), (&CallerToken::default(), 404)] {
        let request = world.service.post("/api/payments/charge").bearer(&world.service.token(caller));
        request.idempotency_key("mine").json(session_body(&booking.booking_id)).send().await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_somebody_elses_method() {
    let world = World::start().await;
    let (method, _) = world.save_card(true).await;
    let setup = world.open_setup(false).await;
    let stranger = world.service.token(&CallerToken::default());
    let path = format!("/api/payment-methods/{method}");
    for request in [
        world.service.get(&path),
        world.service.request(Method::DELETE, &path),
        world.service.request(Method::PUT, &format!("{path}/default")),
        world.service.request(Method::PUT, &format!("{path}/consent")).json(json!({"off_session": false})),
        world.service.post("/api/payment-methods/verify").json(json!({"setup_id": setup["id"]})),
    ] {
        request.bearer(&stranger).send().await.expect(404);
    }
    let page = world.service.get("/api/payment-methods").bearer(&stranger).send().await.expect(200);
    assert_eq!(page["data"], json!([]));
    world.as_customer(world.service.get(&path)).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_that_make_no_sense_are_named() {
    let world = World::start().await;
    let (method, _) = world.save_card(true).await;
    let booking = world.hold().await;
    let mut body = session_body(&booking.booking_id);
    (body["payment_method_id"], body["provider"]) = (method.into(), "square".into());
    let request = world.as_customer(world.service.post("/api/payments/session")).idempotency_key("both");
    request.json(body).send().await.expect(422);
    let setup = world.as_customer(world.service.post("/api/payment-methods/setup-session"));
    let page = json!({"off_session": true, "success_url": "javascript:alert(1)"});
    setup.json(page).send().await.expect_problem(422, "invalid_callback_url");
    world.provider.refuse_next(ProviderError::Timeout);
    let setup = world.as_customer(world.service.post("/api/payment-methods/setup-session"));
    setup.json(json!({"off_session": true})).send().await.expect_problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_forgotten_with_their_cards_here_and_at_the_provider() {
    let world = World::start().await;
    let (method, _) = world.save_card(true).await;
    let booking = world.hold().await;
    let payment = world.pay_with(&booking.booking_id, &method, "paid").await.expect(201);
    let export = format!("/internal/users/{}/personal-data", world.customer_id());
    let token = world.service.keys.service_token("auth", "billing");
    let page = world.service.get(&format!("{export}?limit=1")).bearer(&token).send().await.expect(200);
    assert_eq!((&page["data"][0]["kind"], &page["data"][0]["id"]), (&json!("payment"), &payment["id"]));
    let next = format!("{export}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let page = world.service.get(&next).bearer(&token).send().await.expect(200);
    assert_eq!((&page["data"][0]["method"]["id"], &page["next_cursor"]), (&json!(method), &Value::Null));

    world.provider.set_down(true);
    let erased = UserErased { user_id: world.customer_id().to_string() };
    for _ in 0..2 {
        world.service.deliver(world.customer_id().uuid(), 9, &erased).await;
    }
    let left = "payment_methods WHERE removed_at IS NULL OR coalesce(token, brand, last4, exp_year::text) IS NOT NULL";
    assert_eq!(world.count(left).await + world.count("method_setups").await, 0);
    assert_eq!(world.count("provider_customers WHERE email IS NOT NULL").await, 0);
    world.provider.set_down(false);
    eventually("the provider has forgotten them", async || world.provider.customers().is_empty().then_some(())).await;
    eventually("and so have we", async || (world.count("provider_customers").await == 0).then_some(())).await;
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
}
