use reqwest::Method;
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, merged, room};

#[tokio::test]
async fn a_room_has_its_settings_and_defaults() {
    let scene = Scene::start().await;
    let room = scene.service.get(&format!("/api/rooms/{}", scene.room_id)).send().await.expect(200);
    assert_eq!(room["studio_id"], json!(scene.studio_id));
    assert_eq!((&room["hold_minutes"], &room["free_cancellation_minutes"]), (&json!(30), &json!(0)));
    assert_eq!(room["booking_mode"], "instant");
    assert_eq!(room["photos"], json!([]));
    assert_eq!(room["prices"]["currency"], "EUR");
    let second = scene.create_room(json!({"name": "Room B"})).await;
    let rooms = scene.service.get(&format!("/api/studios/{}/rooms", scene.studio_id)).send().await.expect(200);
    assert_eq!(rooms["data"][1]["id"], json!(second));
    assert_eq!(rooms["data"][1]["prices"], Value::Null);
    scene.service.get(&format!("/api/rooms/{}", kernel::RoomId::new())).send().await.expect_problem(404, "not_found");
    let nowhere = format!("/api/studios/{}/rooms", kernel::StudioId::new());
    scene.service.get(&nowhere).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn settings_out_of_range_are_named() {
    let scene = Scene::start().await;
    for (changes, pointer) in [
        (json!({"capacity": 0}), "/capacity"),
        (json!({"capacity": 1.5}), "/capacity"),
        (json!({"capacity": 3_000_000_000_i64}), "/capacity"),
        (json!({"min_duration_minutes": -1}), "/min_duration_minutes"),
        (json!({"max_duration_minutes": 30}), "/max_duration_minutes"),
        (json!({"slot_step_minutes": 0}), "/slot_step_minutes"),
        (json!({"turnaround_minutes": -5}), "/turnaround_minutes"),
        (json!({"hold_minutes": 0}), "/hold_minutes"),
        (json!({"booking_mode": "maybe"}), "/booking_mode"),
        (json!({"colour": "red"}), "/colour"),
        (json!({"studio_id": "rom_01h455vb4pex5vsknk084sn02q"}), "/studio_id"),
    ] {
        let answer = scene.as_owner("/api/rooms").json(merged(room(&scene.studio_id), changes.clone())).send().await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{changes}");
    }
    let missing = merged(room(&scene.studio_id), json!({"slot_step_minutes": null}));
    scene.as_owner("/api/rooms").json(missing).send().await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn only_managers_make_and_change_rooms() {
    let scene = Scene::start().await;
    let body = room(&scene.studio_id);
    let stranger = CallerToken::default();
    scene.post(&stranger, "/api/rooms").json(body.clone()).send().await.expect_problem(404, "not_found");
    scene.service.post("/api/rooms").json(body.clone()).send().await.expect_problem(401, "authentication_required");
    let unknown = room(&kernel::StudioId::new().to_string());
    scene.as_owner("/api/rooms").json(unknown).send().await.expect_problem(404, "not_found");

    let path = format!("/api/rooms/{}", scene.room_id);
    let change = merged(body, json!({"studio_id": null, "name": "Room Z", "max_duration_minutes": null}));
    let put = |caller: &CallerToken| {
        let request = scene.service.request(Method::PUT, &path).bearer(&scene.service.token(caller));
        request.json(change.clone()).send()
    };
    put(&stranger).await.expect_problem(404, "not_found");
    let changed = put(&scene.owner).await.expect(200);
    assert_eq!((&changed["name"], &changed["max_duration_minutes"]), (&json!("Room Z"), &Value::Null));
    assert_eq!(scene.service.get(&path).send().await.expect(200), changed);
}
