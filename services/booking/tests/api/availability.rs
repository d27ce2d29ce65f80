use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::Scene;

async fn slots(scene: &Scene, query: &str) -> Vec<Value> {
    let path = format!("/api/bookings/available-times?room_id={}&{query}", scene.room_id);
    scene.service.get(&path).send().await.expect(200)["slots"].as_array().unwrap().clone()
}

async fn reasons(scene: &Scene, body: Value) -> Value {
    scene.service.post("/api/bookings/check-availability").json(body).send().await.expect(200)["reasons"].clone()
}

#[tokio::test]
async fn a_day_of_23_hours_has_23_hours_of_slots_with_local_times_and_prices() {
    let scene = Scene::with(json!({"slot_step_minutes": 60}), json!({})).await;
    let path = format!("/api/bookings/available-times?room_id={}&date=2027-03-28&duration_minutes=60", scene.room_id);
    let answer = scene.service.get(&path).send().await.expect(200);
    assert_eq!((&answer["date"], &answer["time_zone"]), (&json!("2027-03-28"), &json!("Europe/Berlin")));
    let slots = answer["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 23);
    let expected = json!({
        "starts_at": "2027-03-28T01:00:00Z", "ends_at": "2027-03-28T02:00:00Z",
        "local_starts_at": "2027-03-28T03:00:00+02:00", "price": {"amount": 2380, "currency": "EUR"},
    });
    assert_eq!(slots[2], expected);
    assert_eq!(self::slots(&scene, "date=2027-10-31&duration_minutes=60").await.len(), 25);
}

#[tokio::test]
async fn slots_follow_hours_over_midnight_and_what_is_booked() {
    let scene = Scene::with(json!({"slot_step_minutes": 60, "turnaround_minutes": 15}), json!({})).await;
    let hours = json!({"hours": [{"weekday": "friday", "opens": "20:00", "closes": "02:00"}]});
    let path = format!("/api/studios/{}/operating-hours", scene.studio_id);
    scene.as_owner(&path).json(hours).send().await.expect(200);
    let starts = |slots: Vec<Value>| -> Vec<String> {
        slots.iter().map(|slot| slot["local_starts_at"].as_str().unwrap()[11..16].to_owned()).collect()
    };
    assert_eq!(
        starts(slots(&scene, "date=2027-03-05&duration_minutes=60").await),
        ["20:00", "21:00", "22:00", "23:00"]
    );
    assert_eq!(starts(slots(&scene, "date=2027-03-06&duration_minutes=60").await), ["00:00", "01:00"]);
    assert_eq!(starts(slots(&scene, "date=2027-03-05&duration_minutes=360").await), ["20:00"]);
    // 21:00 to 22:00 and its turnaround, which also keeps 20:00 from running into it.
    scene.book(&CallerToken::default(), "2027-03-05T20:00:00Z", 60).await.expect(201);
    assert_eq!(starts(slots(&scene, "date=2027-03-05&duration_minutes=60").await), ["23:00"]);
    assert_eq!(starts(slots(&scene, "date=2027-03-04&duration_minutes=60").await), Vec::<String>::new());
}

#[tokio::test]
async fn everything_that_speaks_against_a_time_is_said() {
    let changes = json!({
        "min_notice_minutes": 120, "max_advance_days": 10, "min_duration_minutes": 60, "max_duration_minutes": 240,
        "slot_step_minutes": 60,
    });
    let add_ons = json!({"add_ons": [{"name": "Amp", "per_use": 100, "stock": 1}]});
    let scene = Scene::with(changes, add_ons).await;
    let hours = json!({"hours": [{"weekday": "wednesday", "opens": "10:00", "closes": "22:00"}]});
    let path = format!("/api/studios/{}/operating-hours", scene.studio_id);
    scene.as_owner(&path).json(hours).send().await.expect(200);
    for (starts_at, minutes, expected) in [
        ("2027-03-03T09:00:00Z", 60, json!([])),
        ("2027-03-03T09:30:00Z", 60, json!(["off_step"])),
        ("2027-03-03T09:00:00Z", 30, json!(["too_short"])),
        ("2027-03-03T09:00:00Z", 300, json!(["too_long"])),
        ("2027-03-03T20:00:00Z", 120, json!(["closed"])),
        ("2027-02-24T09:00:00Z", 60, json!(["past"])),
        ("2027-03-01T10:00:00Z", 60, json!(["too_soon", "closed"])),
        ("2027-03-17T09:00:00Z", 60, json!(["too_far"])),
    ] {
        assert_eq!(reasons(&scene, scene.booking(starts_at, minutes)).await, expected, "{starts_at} {minutes}");
    }
    scene.book(&CallerToken::default(), "2027-03-03T09:00:00Z", 60).await.expect(201);
    assert_eq!(reasons(&scene, scene.booking("2027-03-03T09:00:00Z", 60)).await, json!(["occupied"]));
    let prices = scene.service.get(&format!("/api/rooms/{}/prices", scene.room_id)).send().await.expect(200);
    let mut body = scene.booking("2027-03-03T10:00:00Z", 60);
    body["add_ons"] = json!([{"id": prices["add_ons"][0]["id"], "quantity": 2}]);
    assert_eq!(reasons(&scene, body.clone()).await, json!(["out_of_stock"]));
    scene.book_with(&CallerToken::default(), body).await.expect_problem(422, "out_of_stock");
}

#[tokio::test]
async fn local_times_are_read_on_the_studios_clock() {
    let scene = Scene::start().await;
    let ask = |starts_at: &str, ends_at: &str| {
        let body = json!({"room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at});
        scene.service.post("/api/bookings/check-availability").json(body).send()
    };
    assert_eq!(ask("2027-03-28T01:00:00", "2027-03-28T04:00:00").await.expect(200)["available"], true);
    let problem = ask("2027-03-28T02:30:00", "2027-03-28T04:00:00").await.expect_problem(422, "nonexistent_local_time");
    assert_eq!(problem["errors"][0]["pointer"], "/starts_at");
    let problem = ask("2027-10-31T01:00:00", "2027-10-31T02:00:00").await.expect_problem(422, "ambiguous_local_time");
    assert_eq!(problem["errors"][0]["pointer"], "/ends_at");
    assert_eq!(ask("2027-10-31T01:00:00", "2027-10-31T02:00:00+01:00").await.expect(200)["available"], true);
}

#[tokio::test]
async fn questions_that_mean_nothing_are_refused() {
    let scene = Scene::start().await;
    let room = &scene.room_id;
    for query in [
        "".to_owned(),
        format!("room_id={room}"),
        format!("room_id={room}&date=2027-02-30&duration_minutes=60"),
        format!("room_id={room}&date=2027-3-1&duration_minutes=60"),
        format!("room_id={room}&date=9999-12-31&duration_minutes=60"),
        format!("room_id={room}&date=2027-03-01&duration_minutes=0"),
        format!("room_id={room}&date=2027-03-01&duration_minutes=99999999999"),
        format!("room_id={room}&date=2027-03-01&duration_minutes=60&colour=red"),
        format!("room_id={}&date=2027-03-01&duration_minutes=60", scene.studio_id),
    ] {
        let answer = scene.service.get(&format!("/api/bookings/available-times?{query}")).send().await;
        answer.expect_problem(422, "invalid_query");
    }
    let unknown = kernel::RoomId::new();
    let path = format!("/api/bookings/available-times?room_id={unknown}&date=2027-03-01&duration_minutes=60");
    scene.service.get(&path).send().await.expect_problem(404, "not_found");
    let unpriced = scene.create_room(json!({})).await;
    let path = format!("/api/bookings/available-times?room_id={unpriced}&date=2027-03-01&duration_minutes=60");
    scene.service.get(&path).send().await.expect_problem(409, "prices_missing");
}

/// What each room has by itself, and nothing of a room without prices.
#[tokio::test]
async fn a_studio_shows_the_times_of_all_its_rooms_a_page_at_a_time() {
    let scene = Scene::with(json!({"slot_step_minutes": 60}), json!({})).await;
    let mut rooms = vec![scene.room_id.clone()];
    for name in ["B", "C"] {
        let room_id = scene.create_room(json!({"name": name, "slot_step_minutes": 120})).await;
        scene.set_prices(&room_id, json!({"hourly_rate": 1000})).await.expect(200);
        rooms.push(room_id);
    }
    scene.create_room(json!({"name": "unpriced"})).await;
    scene.book(&CallerToken::default(), "2027-03-10T10:00:00Z", 60).await.expect(201);
    let closed = json!({"room_id": rooms[1], "first_day": "2027-03-10", "from": "12:00"});
    scene.as_owner(&format!("/api/studios/{}/blackouts", scene.studio_id)).json(closed).send().await.expect(201);

    let path = format!("/api/studios/{}/available-times?date=2027-03-10&duration_minutes=60", scene.studio_id);
    let answer = scene.service.get(&path).send().await.expect(200);
    assert_eq!((&answer["time_zone"], &answer["next_cursor"]), (&json!("Europe/Berlin"), &Value::Null));
    let of_rooms = answer["data"].as_array().unwrap();
    assert_eq!(of_rooms.iter().map(|room| room["slots"].as_array().unwrap().len()).collect::<Vec<_>>(), [23, 6, 12]);
    for (room, room_id) in of_rooms.iter().zip(&rooms) {
        assert_eq!(room["room_id"], json!(room_id));
        let alone = format!("/api/bookings/available-times?room_id={room_id}&date=2027-03-10&duration_minutes=60");
        assert_eq!(scene.service.get(&alone).send().await.expect(200)["slots"], room["slots"]);
    }
    let first = scene.service.get(&format!("{path}&limit=2")).send().await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = scene.service.get(&format!("{path}&limit=2&cursor={cursor}")).send().await.expect(200);
    assert_eq!(rest["data"], json!([of_rooms[2]]));

    let nowhere =
        format!("/api/studios/{}/available-times?date=2027-03-10&duration_minutes=60", kernel::StudioId::new());
    scene.service.get(&nowhere).send().await.expect_problem(404, "not_found");
    for query in ["date=2027-3-1&duration_minutes=60", "date=2027-03-10&duration_minutes=0", "date=2027-03-10"] {
        let path = format!("/api/studios/{}/available-times?{query}", scene.studio_id);
        scene.service.get(&path).send().await.expect_problem(422, "invalid_query");
    }
}
