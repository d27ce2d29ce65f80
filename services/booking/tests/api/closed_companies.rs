//! What booking makes of auth's news about companies and people.

use contracts::auth::v1::{CompanyCreated, CompanyDeleted, CompanyUpdated, UserErased};
use serde_json::json;
use testkit::CallerToken;

use crate::scene::Scene;

fn deleted(scene: &Scene) -> CompanyDeleted {
    CompanyDeleted {
        company_id: scene.company_id.to_string(),
        slug: "klang".into(),
        name: "Klang GmbH".into(),
        country: "DE".into(),
        currency: "EUR".into(),
    }
}

fn updated(scene: &Scene, name: &str) -> CompanyUpdated {
    let CompanyDeleted { company_id, slug, country, currency, .. } = deleted(scene);
    CompanyUpdated { company_id, slug, name: name.into(), country, currency }
}

fn created(scene: &Scene) -> CompanyCreated {
    let CompanyDeleted { company_id, slug, name, country, currency } = deleted(scene);
    CompanyCreated { company_id, slug, name, country, currency, ..CompanyCreated::default() }
}

#[tokio::test]
async fn a_closed_company_takes_no_more_bookings_and_keeps_those_it_has() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let kept = scene.book(&customer, "2027-03-02T10:00:00Z", 60).await.expect(201);
    scene.service.deliver(scene.company_id.uuid(), 3, &deleted(&scene)).await;
    scene.book(&customer, "2027-03-03T10:00:00Z", 60).await.expect_problem(404, "not_found");
    scene.create_studio(json!({})).await.expect_problem(404, "not_found");
    let found = scene.service.post("/api/studios/search").json(json!({})).send().await.expect(200);
    assert_eq!(found["data"], json!([]));
    let now = scene.pay_and_read(&customer, &kept).await;
    assert_eq!(now["status"], "confirmed", "what was agreed is kept");
}

#[tokio::test]
async fn a_company_is_closed_in_whatever_order_its_news_arrives() {
    let scene = Scene::start().await;
    let id = scene.company_id.uuid();
    // Closed before anything else was heard of it by an event, and older news late and twice.
    scene.service.deliver(id, 3, &deleted(&scene)).await;
    for _ in 0..2 {
        scene.service.deliver(id, 1, &created(&scene)).await;
        scene.service.deliver(id, 2, &updated(&scene, "Klang AG")).await;
        scene.service.deliver(id, 3, &deleted(&scene)).await;
    }
    let customer = CallerToken::default();
    scene.book(&customer, "2027-03-03T10:00:00Z", 60).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_newest_name_of_a_company_is_kept() {
    let scene = Scene::start().await;
    for (version, name) in [(3, "Newer"), (2, "Older"), (3, "Newer")] {
        scene.service.deliver(scene.company_id.uuid(), version, &updated(&scene, name)).await;
    }
    assert_eq!(scene.texts("SELECT name AS text FROM companies").await, ["Newer"]);
    scene.book(&CallerToken::default(), "2027-03-03T10:00:00Z", 60).await.expect(201);
}

#[tokio::test]
async fn auth_alone_asks_what_lies_ahead() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let path = format!("/internal/companies/{}/upcoming-bookings", scene.company_id);
    let ask = async |caller: &str| {
        scene.service.get(&path).bearer(&scene.service.keys.service_token(caller, "booking")).send().await
    };
    assert_eq!(ask("auth").await.expect(200), json!({"count": 0}));
    let held = scene.book(&customer, "2027-03-02T10:00:00Z", 60).await.expect(201);
    assert_eq!(ask("auth").await.expect(200), json!({"count": 1}));
    scene.act(&customer, &held, "cancel").await.expect(200);
    assert_eq!(ask("auth").await.expect(200), json!({"count": 0}));
    scene.book(&customer, "2027-03-04T10:00:00Z", 60).await.expect(201);
    // A hold that has expired is none, before any job has written it down.
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 31 * 60);
    assert_eq!(ask("auth").await.expect(200), json!({"count": 0}));
    let unknown = format!("/internal/companies/{}/upcoming-bookings", kernel::CompanyId::new());
    let token = scene.service.keys.service_token("auth", "booking");
    assert_eq!(scene.service.get(&unknown).bearer(&token).send().await.expect(200), json!({"count": 0}));
    ask("billing").await.expect_problem(403, "service_not_allowed");
    scene.get(&scene.owner, &path).send().await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn an_erased_customers_words_are_forgotten_and_their_bookings_stay() {
    let scene = Scene::start().await;
    let (ada, bob) = (CallerToken::default(), CallerToken::default());
    for (customer, at) in [(&ada, "2027-03-02T10:00:00Z"), (&bob, "2027-03-03T10:00:00Z")] {
        let mut body = scene.booking(at, 60);
        body["note"] = json!("I am Ada, call me");
        let booking = scene.book_with(customer, body).await.expect(201);
        let cancel = scene.post(customer, &format!("/api/bookings/{}/cancel", crate::scene::id(&booking)));
        cancel.json(json!({"reason": "I am ill"})).send().await.expect(200);
    }
    for _ in 0..2 {
        let event = UserErased { user_id: ada.user_id().to_string() };
        scene.service.deliver(ada.user_id().uuid(), 9, &event).await;
    }
    let words = "SELECT concat(note, cancel_reason) AS text FROM bookings ORDER BY starts_at";
    assert_eq!(scene.texts(words).await, ["", "I am Ada, call meI am ill"]);
}

#[tokio::test]
async fn auth_alone_reads_what_a_customer_has_booked() {
    let scene = Scene::start().await;
    let (ada, bob) = (CallerToken::default(), CallerToken::default());
    for at in ["2027-03-02T10:00:00Z", "2027-03-02T12:00:00Z", "2027-03-02T14:00:00Z"] {
        scene.book(&ada, at, 60).await.expect(201);
    }
    scene.book(&bob, "2027-03-03T10:00:00Z", 60).await.expect(201);
    let path = format!("/internal/users/{}/personal-data?limit=2", ada.user_id());
    let token = scene.service.keys.service_token("auth", "booking");
    let first = scene.service.get(&path).bearer(&token).send().await.expect(200);
    let next = format!("{path}&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = scene.service.get(&next).bearer(&token).send().await.expect(200);
    assert_eq!((first["data"].as_array().unwrap().len(), second["data"].as_array().unwrap().len()), (2, 1));
    assert!(second["next_cursor"].is_null());
    let stranger = scene.service.keys.service_token("messaging", "booking");
    scene.service.get(&path).bearer(&stranger).send().await.expect_problem(403, "service_not_allowed");
    scene.get(&ada, &path).send().await.expect_problem(401, "invalid_token");
}
