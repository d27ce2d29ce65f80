use kernel::CompanyId;
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, id};

#[tokio::test]
async fn a_studio_is_found_by_id_and_by_slug_with_all_its_page_shows() {
    let scene = Scene::start().await;
    let by_id = scene.service.get(&format!("/api/studios/{}", scene.studio_id)).send().await.expect(200);
    let by_slug = scene.service.get("/api/studios/klangraum-mitte").send().await.expect(200);
    assert_eq!(by_id, by_slug);
    assert_eq!(by_id["company_id"], json!(scene.company_id));
    assert_eq!(by_id["time_zone"], "Europe/Berlin", "the city's");
    assert_eq!(by_id["city"]["name"], "Berlin");
    assert_eq!(by_id["address"], json!({"line1": "Torstraße 1", "line2": null, "postal_code": "10119"}));
    assert_eq!(by_id["hours"].as_array().unwrap().len(), 7);
    assert_eq!(by_id["rooms"][0]["prices"]["hourly_rate"], 2000);
    assert_eq!(by_id["rating"], Value::Null);
    scene.service.get("/api/studios/nowhere").send().await.expect_problem(404, "not_found");
    scene.service.get("/api/studios/a%00b").send().await.expect_problem(404, "not_found");
    scene.service.get(&format!("/api/studios/{}", scene.room_id)).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn slugs_are_unique_and_never_words_of_routes() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let slug = |studio: Value| studio["slug"].as_str().unwrap().to_owned();
    assert_eq!(slug(scene.create_studio(json!({"name": "Größe 7"})).await.expect(201)), "grosse-7");
    assert_eq!(slug(scene.create_studio(json!({"name": "Grosse, 7!"})).await.expect(201)), "grosse-7-2");
    assert_eq!(slug(scene.create_studio(json!({"name": "My"})).await.expect(201)), "my-studio");
    assert_eq!(slug(scene.create_studio(json!({"slug": "halle"})).await.expect(201)), "halle");
    scene.create_studio(json!({"slug": "halle"})).await.expect_problem(409, "slug_taken");
    for word in ["my", "search", "favorites", "Halle", "a", "-x", "x--y", "std_01h455vb4pex5vsknk084sn02q"] {
        let problem = scene.create_studio(json!({"slug": word})).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/slug", "{word}");
    }
}

#[tokio::test]
async fn only_managers_of_the_company_make_its_studios() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let body = json!({
        "company_id": scene.company_id, "name": "Halle", "city_id": scene.city_id,
        "address": {"line1": "Weg 1", "postal_code": "1"}, "latitude": 1.0, "longitude": 1.0,
    });
    let try_as = |caller: &CallerToken| scene.post(caller, "/api/studios").json(body.clone()).send();
    let role = |role| CallerToken::default().member_of(scene.company_id, role);
    scene.service.post("/api/studios").json(body.clone()).send().await.expect_problem(401, "authentication_required");
    try_as(&CallerToken::default()).await.expect_problem(404, "not_found");
    try_as(&CallerToken::default().owner_of(CompanyId::new())).await.expect_problem(404, "not_found");
    try_as(&role(CompanyRole::Staff)).await.expect_problem(403, "insufficient_role");
    try_as(&role(CompanyRole::Manager)).await.expect(201);
}

#[tokio::test]
async fn my_studios_are_those_of_the_companies_one_works_for() {
    let scene = Scene::start().await;
    let second = id(&scene.create_studio(json!({"name": "Zweiter"})).await.expect(201));
    let mine = scene.get(&scene.owner, "/api/studios/my").send().await.expect(200);
    let ids: Vec<&str> = mine["data"].as_array().unwrap().iter().map(|studio| studio["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&scene.studio_id, &second]);
    let page = scene.get(&scene.owner, "/api/studios/my?limit=1").send().await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = scene.get(&scene.owner, &format!("/api/studios/my?cursor={cursor}")).send().await.expect(200);
    assert_eq!(rest["data"][0]["id"], json!(second));
    let none = scene.get(&CallerToken::default(), "/api/studios/my").send().await.expect(200);
    assert_eq!(none["data"], json!([]));
    scene.service.get("/api/studios/my").send().await.expect_problem(401, "authentication_required");
}

#[tokio::test]
async fn a_studio_may_have_a_zone_of_its_own_and_needs_a_city() {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let studio = scene.create_studio(json!({"time_zone": "Europe/London"})).await.expect(201);
    assert_eq!(studio["time_zone"], "Europe/London");
    for (changes, pointer) in [
        (json!({"time_zone": "Berlin"}), "/time_zone"),
        (json!({"name": ""}), "/name"),
        (json!({"latitude": 91}), "/latitude"),
        (json!({"address": {"line1": "", "postal_code": "1"}}), "/address/line1"),
        (json!({"description": "bell\u{7}"}), "/description"),
        (json!({"city_id": "usr_01h455vb4pex5vsknk084sn02q"}), "/city_id"),
        (json!({"address": {"line1": "a", "postal_code": "1", "planet": "x"}}), "/address/planet"),
    ] {
        let problem = scene.create_studio(changes).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    scene.create_studio(json!({"city_id": kernel::CityId::new()})).await.expect_problem(422, "unknown_city");
}
