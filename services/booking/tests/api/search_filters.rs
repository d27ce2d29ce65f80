use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, id, merged, prices, room};

/// A studio with one room, always open.
async fn studio(scene: &Scene, name: &str, room_changes: Value, rate: i64) -> (String, String) {
    let studio_id = id(&scene.create_studio(json!({"name": name})).await.expect(201));
    scene.open_always(&studio_id).await;
    let room_id = add_room(scene, &studio_id, room_changes, rate).await;
    (studio_id, room_id)
}

async fn add_room(scene: &Scene, studio_id: &str, changes: Value, rate: i64) -> String {
    let body = merged(room(studio_id), changes);
    let room_id = id(&scene.as_owner("/api/rooms").json(body).send().await.expect(201));
    let prices = merged(prices(), json!({"hourly_rate": rate}));
    scene.as_owner(&format!("/api/rooms/{room_id}/prices")).json(prices).send().await.expect(200);
    room_id
}

async fn equip(scene: &Scene, place: &str, names: &[&str]) {
    let body = json!({"equipment": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
    scene.as_owner(&format!("/api/{place}/equipment")).json(body).send().await.expect(200);
}

async fn scene() -> Scene {
    Scene::without_studio(TestService::start(booking::service()).await).await
}

async fn search(scene: &Scene, body: Value) -> Value {
    scene.service.post("/api/studios/search").json(body).send().await.expect(200)
}

async fn check(scene: &Scene, body: Value, expected: &[&String]) {
    let page = search(scene, body.clone()).await;
    let found: Vec<String> = page["data"].as_array().unwrap().iter().map(|hit| id(&hit["studio"])).collect();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{body}");
}

fn facet(page: &Value, name: &str, key: &str) -> Vec<(Value, i64)> {
    let values = page["facets"][name].as_array().unwrap();
    values.iter().map(|value| (value[key].clone(), value["count"].as_i64().unwrap())).collect()
}

#[tokio::test]
async fn equipment_has_to_be_in_one_room_or_in_its_studio() {
    let scene = scene().await;
    let (one, small) = studio(&scene, "One", json!({"capacity": 4}), 1000).await;
    let large = add_room(&scene, &one, json!({"capacity": 20}), 3000).await;
    let (two, _) = studio(&scene, "Two", json!({}), 2000).await;
    equip(&scene, &format!("rooms/{small}"), &["Grand piano"]).await;
    equip(&scene, &format!("rooms/{large}"), &["Drum kit"]).await;
    equip(&scene, &format!("studios/{two}"), &["Grand piano", "Drum kit"]).await;
    let sorted = |wishes: Value| merged(json!({"sort": "price"}), wishes);
    check(&scene, sorted(json!({"equipment": ["grand-piano"]})), &[&one, &two]).await;
    check(&scene, sorted(json!({"equipment": ["GRAND Piano", "drum kit"]})), &[&two]).await;
    check(&scene, sorted(json!({"equipment": ["drum-kit"], "min_capacity": 10})), &[&one]).await;
    check(&scene, sorted(json!({"equipment": ["grand-piano"], "min_capacity": 10})), &[]).await;
    check(&scene, sorted(json!({"equipment": ["theremin"]})), &[]).await;
    let page = search(&scene, json!({"equipment": ["drum-kit"], "sort": "price"})).await;
    assert_eq!(page["data"][0]["from_hourly_rate"]["amount"], 2000, "of the room that has it");
    assert_eq!(page["data"][1]["from_hourly_rate"]["amount"], 3000);
    let things = facet(&search(&scene, json!({})).await, "equipment", "key");
    assert_eq!(things, [(json!("drum-kit"), 2), (json!("grand-piano"), 2)]);
    // A thing that leaves is found no more.
    scene.delete(&scene.owner, &format!("/api/rooms/{large}/equipment/drum-kit")).send().await.expect(204);
    check(&scene, sorted(json!({"equipment": ["drum-kit"]})), &[&two]).await;
}

#[tokio::test]
async fn badges_and_ratings_narrow_and_rank() {
    let scene = scene().await;
    let (plain, _) = studio(&scene, "Plain", json!({}), 1000).await;
    let (good, _) = studio(&scene, "Good", json!({}), 1000).await;
    let (best, _) = studio(&scene, "Best", json!({}), 1000).await;
    for (studio, badge) in [(&good, "verified"), (&best, "verified"), (&best, "analog")] {
        let path = format!("/api/studios/{studio}/badges");
        scene.as_admin(&path).json(json!({"badge": badge})).send().await.expect(200);
    }
    let rate = async |studio: &String, sum: i64, count: i64| {
        let uuid = studio.parse::<kernel::StudioId>().unwrap().uuid();
        let update = format!("UPDATE studios SET rating_sum = {sum}, rating_count = {count} WHERE id = '{uuid}'");
        scene.execute(&update).await.unwrap();
    };
    // One review of five stars says less than twenty of four and a half.
    rate(&good, 5, 1).await;
    rate(&best, 90, 20).await;
    check(&scene, json!({"sort": "rating"}), &[&best, &good, &plain]).await;
    check(&scene, json!({}), &[&best, &good, &plain]).await;
    check(&scene, json!({"badges": ["verified"]}), &[&best, &good]).await;
    check(&scene, json!({"badges": ["verified", "analog"]}), &[&best]).await;
    check(&scene, json!({"min_rating": "4.6"}), &[&good]).await;
    check(&scene, json!({"min_rating": "4.5", "sort": "rating"}), &[&best, &good]).await;
    let page = search(&scene, json!({"sort": "rating"})).await;
    assert_eq!(page["data"][0]["studio"]["rating"], json!({"average": "4.5", "count": 20}));
    assert_eq!(facet(&page, "badges", "key"), [(json!("verified"), 2), (json!("analog"), 1)]);
    assert_eq!(facet(&page, "ratings", "min_rating")[3], (json!("4.5"), 2));
    assert_eq!((&page["facets"]["counted"], &page["facets"]["complete"]), (&json!(3), &json!(true)));
    assert_eq!(facet(&page, "hourly_rates", "max_hourly_rate")[0], (json!(1000), 3));
    assert_eq!(facet(&page, "capacities", "min_capacity")[1], (json!(4), 3));
}

/// Free is what could be booked: open, no blackout, enough notice, not too far ahead, long enough, the turnaround free too.
#[tokio::test]
async fn free_asks_all_that_a_booking_is_asked() {
    let scene = scene().await;
    let (any, any_room) = studio(&scene, "Any", json!({}), 1000).await;
    let (notice, _) = studio(&scene, "Notice", json!({"min_notice_minutes": 2 * 1440}), 1100).await;
    let (near, _) = studio(&scene, "Near", json!({"max_advance_days": 7}), 1200).await;
    let (clean, clean_room) = studio(&scene, "Clean", json!({"turnaround_minutes": 60}), 1300).await;
    let (closed, _) = studio(&scene, "Closed", json!({}), 1400).await;
    let day = json!({"first_day": "2027-03-10"});
    scene.as_owner(&format!("/api/studios/{closed}/blackouts")).json(day).send().await.expect(201);
    let free = |from: &str, to: &str| json!({"free": {"starts_at": from, "ends_at": to}, "sort": "price"});
    let soon = free("2027-03-02T10:00:00Z", "2027-03-02T12:00:00Z");
    check(&scene, soon, &[&any, &near, &clean, &closed]).await;
    let wednesday = free("2027-03-10T10:00:00Z", "2027-03-10T12:00:00Z");
    check(&scene, wednesday.clone(), &[&any, &notice, &clean]).await;
    check(&scene, free("2027-02-10T10:00:00Z", "2027-02-10T12:00:00Z"), &[]).await;
    // What begins within the turnaround after it is in the way.
    for room_id in [&any_room, &clean_room] {
        let body = json!({"room_id": room_id, "starts_at": "2027-03-10T12:30:00Z", "ends_at": "2027-03-10T13:30:00Z"});
        scene.book_with(&CallerToken::default(), body).await.expect(201);
    }
    check(&scene, wednesday.clone(), &[&any, &notice]).await;
    // By another order the same are found.
    let by_relevance = merged(wednesday, json!({"sort": "newest"}));
    check(&scene, by_relevance, &[&notice, &any]).await;
}

/// Whether a room is free is asked of some candidates at a time.
#[tokio::test]
async fn a_free_room_is_found_behind_hundreds_that_are_not() {
    let scene = scene().await;
    studio(&scene, "Near", json!({"max_advance_days": 7}), 1000).await;
    let (far, _) = studio(&scene, "Far", json!({}), 2000).await;
    let rooms = "INSERT INTO rooms SELECT (jsonb_populate_record(r,
            jsonb_build_object('id', gen_random_uuid(), 'name', 'Room ' || n))).*
        FROM rooms r, generate_series(1, 700) n WHERE r.max_advance_days = 7";
    let prices = "INSERT INTO price_lists SELECT (jsonb_populate_record(p, jsonb_build_object('room_id', r.id))).*
        FROM rooms r CROSS JOIN price_lists p JOIN rooms priced ON priced.id = p.room_id AND priced.max_advance_days = 7
        WHERE r.name LIKE 'Room %' AND r.max_advance_days = 7 AND r.id <> p.room_id";
    assert_eq!(scene.execute(rooms).await.unwrap(), 700);
    assert_eq!(scene.execute(prices).await.unwrap(), 700);
    let wednesday = json!({"starts_at": "2027-03-10T10:00:00Z", "ends_at": "2027-03-10T12:00:00Z"});
    check(&scene, json!({"free": wednesday, "sort": "price"}), &[&far]).await;
}

/// Pages by every order, with a studio made, one deleted and one repriced between them: nobody else is missed or repeated.
#[tokio::test]
async fn pages_stay_stable_while_studios_come_and_go() {
    let scene = scene().await;
    let mut made = Vec::new();
    for number in 0..8 {
        made.push(studio(&scene, &format!("Halle {number}"), json!({"capacity": 4}), 1000 + 100 * number).await);
    }
    for (body, name) in [
        (json!({"sort": "price"}), "price"),
        (json!({"sort": "price", "min_capacity": 2}), "price of a room"),
        (json!({"sort": "newest"}), "newest"),
        (json!({"sort": "rating"}), "rating"),
        (json!({"query": "halle"}), "words"),
        (json!({"near": {"latitude": 52.5, "longitude": 13.4, "radius_km": 15_000.0}}), "distance"),
        (json!({"near": {"latitude": 52.5, "longitude": 13.4, "radius_km": 15.0}}), "distance, near"),
    ] {
        let page = async |cursor: &str| {
            let path = format!("/api/studios/search?limit=3{cursor}");
            scene.service.post(&path).json(body.clone()).send().await.expect(200)
        };
        let ids = |page: &Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|hit| id(&hit["studio"])).collect()
        };
        let before = ids(&search(&scene, body.clone()).await);
        let first = page("").await;
        let (newcomer, _) = studio(&scene, "Halle neu", json!({"capacity": 4}), 1050).await;
        let rest = page(&format!("&cursor={}", first["next_cursor"].as_str().unwrap())).await;
        let mut seen: Vec<String> = [ids(&first), ids(&rest)].concat();
        seen.retain(|id| *id != newcomer);
        assert_eq!(seen, before[..seen.len()], "{name}");
        assert!(seen.len() >= 5, "{name}");
        scene.delete(&scene.owner, &format!("/api/studios/{newcomer}")).send().await.expect(204);
    }
}

#[tokio::test]
async fn what_is_changed_is_found_by_what_it_is_now() {
    let scene = scene().await;
    let (studio_id, room_id) = studio(&scene, "Hafenklang", json!({}), 1000).await;
    check(&scene, json!({"query": "hafenklang"}), &[&studio_id]).await;
    let change = json!({
        "name": "Werkstatt", "city_id": scene.city_id, "address": {"line1": "a", "postal_code": "1"},
        "latitude": 0.0, "longitude": 179.95,
    });
    let path = format!("/api/studios/{studio_id}");
    scene.put(&scene.owner, &path).json(change).send().await.expect(200);
    check(&scene, json!({"query": "hafenklang"}), &[]).await;
    check(&scene, json!({"query": "werkstat"}), &[&studio_id]).await;
    // Over the date line.
    let near = json!({"near": {"latitude": 0.0, "longitude": -179.95, "radius_km": 20.0}});
    check(&scene, near.clone(), &[&studio_id]).await;
    let distance = search(&scene, near).await["data"][0]["distance_km"].as_str().unwrap().parse::<f64>().unwrap();
    assert!((11.0..11.2).contains(&distance), "{distance}");
    check(&scene, json!({"max_hourly_rate": 999}), &[]).await;
    scene.set_prices(&room_id, json!({"hourly_rate": 900})).await.expect(200);
    check(&scene, json!({"max_hourly_rate": 999}), &[&studio_id]).await;
    scene.delete(&scene.owner, &format!("/api/rooms/{room_id}")).send().await.expect(204);
    check(&scene, json!({"max_hourly_rate": 999}), &[]).await;
    check(&scene, json!({}), &[&studio_id]).await;
}

#[tokio::test]
async fn wishes_that_mean_nothing_are_refused() {
    let scene = scene().await;
    for (body, pointer) in [
        (json!({"equipment": ["!"]}), "/equipment/0"),
        (json!({"equipment": vec!["piano"; 21]}), "/equipment"),
        (json!({"badges": ["Not A Badge"]}), "/badges/0"),
        (json!({"min_rating": "5.1"}), "/min_rating"),
        (json!({"min_rating": "1e0"}), "/min_rating"),
        (json!({"min_rating": 4}), "/min_rating"),
        (json!({"sort": "rating", "near": {"latitude": 0, "longitude": 0, "radius_km": 20_001}}), "/near/radius_km"),
    ] {
        let answer = scene.service.post("/api/studios/search").json(body.clone()).send().await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
}

/// What an operator does after a repair by hand.
#[tokio::test]
async fn the_index_is_made_anew_from_what_is_there() {
    let scene = scene().await;
    let (studio_id, _) = studio(&scene, "Hafenklang", json!({}), 1000).await;
    for table in ["room_search", "studio_search", "search_words"] {
        scene.execute(&format!("DELETE FROM {table}")).await.unwrap();
    }
    check(&scene, json!({"query": "hafenklnag"}), &[]).await;
    assert_eq!(booking::refresh_search(&scene.service.db).await.unwrap(), 1);
    check(&scene, json!({"query": "hafenklnag"}), &[&studio_id]).await;
}
