use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, id, merged, prices, room};

/// Abbey Road (Berlin, 15.00), Tonwerk (Berlin, 30.00, closed at night) and Hafenklang (Hamburg, 20.00).
async fn three() -> (Scene, String, [String; 3]) {
    let scene = Scene::without_studio(TestService::start(booking::service()).await).await;
    let countries = scene.service.get("/api/countries").send().await.expect(200);
    let hamburg = scene.create_city(&id(&countries["data"][0]), "Hamburg", "Europe/Berlin", 53.55, 9.99).await;
    let abbey = studio(&scene, json!({"name": "Abbey Road", "description": "Vintage consoles"}), 1500, 4).await;
    let tonwerk = studio(&scene, json!({"name": "Tönwerk", "latitude": 52.48, "longitude": 13.43}), 3000, 12).await;
    let hours = json!({"hours": [{"weekday": "wednesday", "opens": "10:00", "closes": "22:00"}]});
    let path = format!("/api/studios/{tonwerk}/operating-hours");
    scene.as_owner(&path).json(hours).send().await.expect(200);
    let place = json!({"name": "Hafenklang", "city_id": hamburg, "latitude": 53.545, "longitude": 9.95});
    let hafen = studio(&scene, place, 2000, 8).await;
    (scene, hamburg, [abbey, tonwerk, hafen])
}

async fn studio(scene: &Scene, changes: Value, rate: i64, capacity: i64) -> String {
    let studio_id = id(&scene.create_studio(changes).await.expect(201));
    scene.open_always(&studio_id).await;
    let room = merged(room(&studio_id), json!({"capacity": capacity}));
    let room_id = id(&scene.as_owner("/api/rooms").json(room).send().await.expect(201));
    let prices = merged(prices(), json!({"hourly_rate": rate}));
    scene.as_owner(&format!("/api/rooms/{room_id}/prices")).json(prices).send().await.expect(200);
    studio_id
}

async fn search(scene: &Scene, body: Value) -> Value {
    scene.service.post("/api/studios/search").json(body).send().await.expect(200)
}

fn found(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|hit| id(&hit["studio"])).collect()
}

async fn check(scene: &Scene, body: Value, expected: &[&String]) {
    let page = search(scene, body.clone()).await;
    assert_eq!(found(&page).iter().collect::<Vec<_>>(), expected, "{body}");
}

#[tokio::test]
async fn studios_are_found_by_words_also_misspelt_ones() {
    let (scene, _, [abbey, tonwerk, hafen]) = three().await;
    check(&scene, json!({"query": "abbey road"}), &[&abbey]).await;
    check(&scene, json!({"query": "ABBEY"}), &[&abbey]).await;
    check(&scene, json!({"query": "Abey Rod"}), &[&abbey]).await;
    check(&scene, json!({"query": "tonwerk"}), &[&tonwerk]).await;
    check(&scene, json!({"query": "Tönwrek"}), &[&tonwerk]).await;
    check(&scene, json!({"query": "vintage consoles"}), &[&abbey]).await;
    check(&scene, json!({"query": "hamburg"}), &[&hafen]).await;
    check(&scene, json!({"query": "zzzz"}), &[]).await;
    check(&scene, json!({"query": "'; drop table studios; --"}), &[]).await;
    check(&scene, json!({"query": "abbey & | ! ( :*"}), &[&abbey]).await;
}

#[tokio::test]
async fn filters_narrow_and_facets_count_the_cities() {
    let (scene, hamburg, [abbey, tonwerk, hafen]) = three().await;
    let everything = search(&scene, json!({})).await;
    assert_eq!(found(&everything), [&hafen, &tonwerk, &abbey].map(String::clone), "the newest first");
    let cities = |page: &Value| -> Vec<(String, i64)> {
        let cities = page["facets"]["cities"].as_array().unwrap();
        cities.iter().map(|c| (c["name"].as_str().unwrap().to_owned(), c["count"].as_i64().unwrap())).collect()
    };
    assert_eq!(cities(&everything), [("Berlin".to_owned(), 2), ("Hamburg".to_owned(), 1)]);
    let in_hamburg = search(&scene, json!({"city_id": hamburg})).await;
    assert_eq!(found(&in_hamburg), std::slice::from_ref(&hafen));
    assert_eq!(cities(&in_hamburg).len(), 2, "a facet ignores its own filter");
    assert_eq!(in_hamburg["data"][0]["from_hourly_rate"], json!({"amount": 2000, "currency": "EUR"}));
    check(&scene, json!({"max_hourly_rate": 2000, "sort": "price"}), &[&abbey, &hafen]).await;
    check(&scene, json!({"min_capacity": 8, "sort": "price"}), &[&hafen, &tonwerk]).await;
    check(&scene, json!({"min_capacity": 8, "max_hourly_rate": 1999}), &[]).await;
    check(&scene, json!({"sort": "newest"}), &[&hafen, &tonwerk, &abbey]).await;
}

#[tokio::test]
async fn near_sorts_by_distance_inside_the_circle() {
    let (scene, _, [abbey, tonwerk, hafen]) = three().await;
    let near = |radius_km: f64| json!({"near": {"latitude": 52.52, "longitude": 13.405, "radius_km": radius_km}});
    check(&scene, near(5.0), &[&abbey, &tonwerk]).await;
    check(&scene, near(1.0), &[]).await;
    check(&scene, near(400.0), &[&abbey, &tonwerk, &hafen]).await;
    check(&scene, near(20_000.0), &[&abbey, &tonwerk, &hafen]).await;
    let page = search(&scene, near(5.0)).await;
    let distance: f64 = page["data"][0]["distance_km"].as_str().unwrap().parse().unwrap();
    assert!((1.0..1.2).contains(&distance), "{distance}");
}

#[tokio::test]
async fn free_means_open_and_not_taken_for_the_whole_time() {
    let (scene, _, [abbey, tonwerk, hafen]) = three().await;
    let free = |start: &str, end: &str| json!({"free": {"starts_at": start, "ends_at": end}, "sort": "price"});
    let day = free("2027-03-10T10:00:00Z", "2027-03-10T12:00:00Z");
    check(&scene, day.clone(), &[&abbey, &hafen, &tonwerk]).await;
    check(&scene, free("2027-03-10T21:00:00+01:00", "2027-03-10T23:00:00+01:00"), &[&abbey, &hafen]).await;
    check(&scene, free("2027-03-11T10:00:00Z", "2027-03-11T12:00:00Z"), &[&abbey, &hafen]).await;
    check(&scene, free("2027-03-10T10:00:00Z", "2027-03-10T10:30:00Z"), &[]).await;
    let rooms = scene.service.get(&format!("/api/studios/{abbey}/rooms")).send().await.expect(200);
    let body = json!({
        "room_id": id(&rooms["data"][0]), "starts_at": "2027-03-10T11:30:00Z", "ends_at": "2027-03-10T12:30:00Z",
    });
    scene.book_with(&CallerToken::default(), body).await.expect(201);
    check(&scene, day.clone(), &[&hafen, &tonwerk]).await;
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    check(&scene, day, &[&abbey, &hafen, &tonwerk]).await;
}

#[tokio::test]
async fn pages_continue_where_they_ended_for_every_order() {
    let (scene, _, _) = three().await;
    for body in [
        json!({}),
        json!({"query": "berlin hamburg"}),
        json!({"query": "germany"}),
        json!({"sort": "price"}),
        json!({"near": {"latitude": 52.52, "longitude": 13.405, "radius_km": 400.0}}),
    ] {
        let whole = found(&search(&scene, body.clone()).await);
        let mut pages = Vec::new();
        let mut path = "/api/studios/search?limit=1".to_owned();
        loop {
            let page = scene.service.post(&path).json(body.clone()).send().await.expect(200);
            pages.extend(found(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/studios/search?limit=1&cursor={cursor}");
        }
        assert_eq!(pages, whole, "{body}");
    }
    let page = scene.service.post("/api/studios/search?limit=1").json(json!({})).send().await.expect(200);
    let path = format!("/api/studios/search?cursor={}", page["next_cursor"].as_str().unwrap());
    scene.service.post(&path).json(json!({"sort": "price"})).send().await.expect_problem(422, "invalid_cursor");
}

#[tokio::test]
async fn searches_that_mean_nothing_are_refused() {
    let (scene, _, _) = three().await;
    for (body, pointer) in [
        (json!({"query": "a\u{0}b"}), "/query"),
        (json!({"query": "x".repeat(201)}), "/query"),
        (json!({"near": {"latitude": 91, "longitude": 0, "radius_km": 1}}), "/near/latitude"),
        (json!({"near": {"latitude": 0, "longitude": 0, "radius_km": 0}}), "/near/radius_km"),
        (json!({"max_hourly_rate": -1}), "/max_hourly_rate"),
        (json!({"min_capacity": -1}), "/min_capacity"),
        (json!({"sort": "distance"}), "/sort"),
        (json!({"sort": "random"}), "/sort"),
        (json!({"colour": "red"}), "/colour"),
        (json!({"free": {"starts_at": "2027-03-10T10:00:00", "ends_at": "2027-03-10T12:00:00Z"}}), "/free/starts_at"),
        (json!({"free": {"starts_at": "2027-03-10T12:00:00Z", "ends_at": "2027-03-10T10:00:00Z"}}), "/free"),
        (json!({"free": {"starts_at": "2027-03-10T12:00:00Z", "ends_at": "2028-03-10T10:00:00Z"}}), "/free"),
    ] {
        let answer = scene.service.post("/api/studios/search").json(body.clone()).send().await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
}
