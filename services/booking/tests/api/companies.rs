use contracts::auth::v1::CompanyCreated;
use serde_json::json;
use testkit::{CallerToken, TestService};

use crate::scene::Scene;

fn created(scene: &Scene, name: &str) -> CompanyCreated {
    CompanyCreated {
        company_id: scene.company_id.to_string(),
        slug: "klang".into(),
        name: name.into(),
        country: "DE".into(),
        currency: "EUR".into(),
        ..CompanyCreated::default()
    }
}

#[tokio::test]
async fn a_company_that_was_not_heard_of_yet_is_fetched_once() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    scene.create_studio(json!({})).await.expect(201);
    scene.create_studio(json!({})).await.expect(201);
    assert_eq!(scene.service.peers.calls(&format!("GET /internal/companies/{}", scene.company_id)), 1);
}

#[tokio::test]
async fn a_company_that_was_heard_of_is_not_asked_for() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    scene.service.deliver(scene.company_id.uuid(), 1, &created(&scene, "Klang GmbH")).await;
    scene.create_studio(json!({})).await.expect(201);
    assert_eq!(scene.service.peers.calls(&format!("GET /internal/companies/{}", scene.company_id)), 0);
}

#[tokio::test]
async fn the_event_arrives_after_the_fetch_and_repeatedly_without_harm() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    scene.create_studio(json!({})).await.expect(201);
    for (version, name) in [(2, "Newer GmbH"), (1, "Older GmbH"), (2, "Newer GmbH")] {
        scene.service.deliver(scene.company_id.uuid(), version, &created(&scene, name)).await;
    }
    let mut conn = scene.service.db.conn().await.unwrap();
    let names: Vec<Name> =
        diesel_async::RunQueryDsl::load(diesel::sql_query("SELECT name FROM companies"), &mut *conn).await.unwrap();
    assert_eq!(names.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Newer GmbH"]);
}

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

#[tokio::test]
async fn a_company_that_auth_does_not_know_is_not_found() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let unknown = kernel::CompanyId::new();
    let owner = CallerToken::default().owner_of(unknown);
    let body = json!({
        "company_id": unknown, "name": "Ghost", "city_id": scene.city_id,
        "address": {"line1": "Nowhere 1", "postal_code": "0"}, "latitude": 0.0, "longitude": 0.0,
    });
    scene.post(&owner, "/api/studios").json(body).send().await.expect_problem(404, "not_found");
}
