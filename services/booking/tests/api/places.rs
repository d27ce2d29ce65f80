use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, id};

#[tokio::test]
async fn only_platform_admins_make_places_and_everybody_reads_them() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let france = json!({"code": "FR", "name": "France", "currency": "EUR"});
    scene
        .service
        .post("/api/countries")
        .json(france.clone())
        .send()
        .await
        .expect_problem(401, "authentication_required");
    let customer = CallerToken::default();
    scene.post(&customer, "/api/countries").json(france.clone()).send().await.expect_problem(403, "admin_required");
    scene.as_owner("/api/cities").json(json!({})).send().await.expect_problem(403, "admin_required");
    let created = scene.as_admin("/api/countries").json(france.clone()).send().await.expect(201);
    scene.as_admin("/api/countries").json(france).send().await.expect_problem(409, "country_exists");

    let found = scene.service.get(&format!("/api/countries/{}", id(&created))).send().await.expect(200);
    assert_eq!(found, created);
    let countries = scene.service.get("/api/countries").send().await.expect(200);
    let codes: Vec<&str> = countries["data"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["DE", "FR"]);
    let page = scene.service.get("/api/countries?limit=1").send().await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = scene.service.get(&format!("/api/countries?limit=1&cursor={cursor}")).send().await.expect(200);
    assert_eq!((&page["data"][0]["code"], &page["next_cursor"]), (&json!("FR"), &Value::Null));
}

#[tokio::test]
async fn a_city_has_a_zone_of_the_database_and_a_place_on_earth() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let countries = scene.service.get("/api/countries").send().await.expect(200);
    let country_id = id(&countries["data"][0]);
    let city = |changes: Value| {
        let city = json!({
            "country_id": country_id, "name": "Hamburg", "time_zone": "europe/berlin", "latitude": 53.55,
            "longitude": 9.99,
        });
        scene.as_admin("/api/cities").json(crate::scene::merged(city, changes)).send()
    };
    let created = city(json!({})).await.expect(201);
    assert_eq!(created["time_zone"], "Europe/Berlin", "in its canonical spelling");
    let cities = scene.service.get(&format!("/api/countries/{country_id}/cities")).send().await.expect(200);
    assert_eq!(cities["data"].as_array().unwrap().len(), 2);
    assert_eq!(cities["data"][1], created);

    for (changes, pointer) in [
        (json!({"time_zone": "Mars/Olympus"}), "/time_zone"),
        (json!({"latitude": 90.01}), "/latitude"),
        (json!({"longitude": -180.5}), "/longitude"),
        (json!({"name": "  "}), "/name"),
        (json!({"name": "a\u{0}b"}), "/name"),
    ] {
        let problem = city(changes).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    city(json!({"country_id": kernel::CountryId::new()})).await.expect_problem(422, "unknown_country");
    scene.service.get(&format!("/api/countries/{}/cities", kernel::CountryId::new())).send().await.expect(404);
    scene.service.get("/api/countries/DE").send().await.expect(404);
}
