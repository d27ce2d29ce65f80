use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::CallerToken;

use crate::scene::Scene;

fn things(names: &[&str]) -> Value {
    json!({"equipment": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn equipment_is_set_read_and_removed_for_studios_and_rooms() {
    let scene = Scene::start().await;
    let studio = format!("/api/studios/{}", scene.studio_id);
    let room = format!("/api/rooms/{}", scene.room_id);
    let set = json!({"equipment": [{"name": "Grand Piano"}, {"name": "Mic stand", "quantity": 8}]});
    let answer = scene.as_owner(&format!("{studio}/equipment")).json(set).send().await.expect(200);
    let expected = json!([
        {"key": "grand-piano", "name": "Grand Piano", "quantity": 1},
        {"key": "mic-stand", "name": "Mic stand", "quantity": 8},
    ]);
    assert_eq!(answer["equipment"], expected);
    scene.as_owner(&format!("{room}/equipment")).json(things(&["Drum Kit"])).send().await.expect(200);
    let page = scene.service.get(&studio).send().await.expect(200);
    assert_eq!(page["equipment"], expected);
    assert_eq!(page["rooms"][0]["equipment"][0]["key"], "drum-kit");
    assert_eq!(
        scene.service.get(&format!("{room}/equipment")).send().await.expect(200)["equipment"][0]["key"],
        "drum-kit"
    );

    scene.delete(&scene.owner, &format!("{studio}/equipment/grand-piano")).send().await.expect(204);
    let gone = scene.delete(&scene.owner, &format!("{studio}/equipment/grand-piano")).send().await;
    gone.expect_problem(404, "not_found");
    let of_room = format!("{room}/equipment/drum-kit");
    scene.delete(&scene.owner, &of_room).send().await.expect(204);
    let left = scene.service.get(&format!("{studio}/equipment")).send().await.expect(200);
    assert_eq!(left["equipment"].as_array().unwrap().len(), 1);
    assert_eq!(
        scene.as_owner(&format!("{studio}/equipment")).json(things(&[])).send().await.expect(200)["equipment"],
        json!([])
    );
}

#[tokio::test]
async fn only_managers_set_equipment_and_none_twice() {
    let scene = Scene::start().await;
    let path = format!("/api/studios/{}/equipment", scene.studio_id);
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let post = |caller: &CallerToken, body: Value| scene.post(caller, &path).json(body).send();
    post(&CallerToken::default(), things(&["Piano"])).await.expect_problem(404, "not_found");
    post(&staff, things(&["Piano"])).await.expect_problem(403, "insufficient_role");
    for (body, pointer) in [
        (things(&["Grand piano", "grand-PIANO"]), "/equipment/1/name"),
        (things(&["!"]), "/equipment/0/name"),
        (things(&[""]), "/equipment/0/name"),
        (json!({"equipment": [{"name": "Piano", "quantity": 0}]}), "/equipment/0/quantity"),
        (json!({"equipment": [{"name": "Piano", "colour": "red"}]}), "/equipment/0/colour"),
        (things(&vec!["x"; 201]), "/equipment"),
    ] {
        let problem = post(&scene.owner, body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let nowhere = format!("/api/rooms/{}/equipment", kernel::RoomId::new());
    scene.as_owner(&nowhere).json(things(&[])).send().await.expect_problem(404, "not_found");
    scene.service.get(&nowhere).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn badges_are_given_and_taken_by_the_platform_alone() {
    let scene = Scene::start().await;
    let path = format!("/api/studios/{}/badges", scene.studio_id);
    let grant = |caller: &CallerToken, badge: &str| scene.post(caller, &path).json(json!({"badge": badge})).send();
    let admin = CallerToken::default().admin();
    grant(&scene.owner, "verified").await.expect_problem(403, "admin_required");
    grant(&CallerToken::default(), "verified").await.expect_problem(403, "admin_required");
    scene.service.post(&path).json(json!({"badge": "x1"})).send().await.expect_problem(401, "authentication_required");
    grant(&admin, "verified").await.expect(200);
    let badges = grant(&admin, "analog").await.expect(200);
    assert_eq!(badges["badges"], json!(["analog", "verified"]));
    assert_eq!(grant(&admin, "verified").await.expect(200), badges, "given again");
    let page = scene.service.get(&format!("/api/studios/{}", scene.studio_id)).send().await.expect(200);
    assert_eq!(page["badges"], badges["badges"]);

    let of_it = format!("{path}/verified");
    scene.delete(&scene.owner, &of_it).send().await.expect_problem(403, "admin_required");
    scene.delete(&admin, &of_it).send().await.expect(204);
    scene.delete(&admin, &of_it).send().await.expect_problem(404, "not_found");
    assert_eq!(scene.service.get(&path).send().await.expect(200)["badges"], json!(["analog"]));
    grant(&admin, "Very Good").await.expect_problem(422, "validation_failed");
    for number in 0..19 {
        grant(&admin, &format!("badge-{number}")).await.expect(200);
    }
    grant(&admin, "one-too-many").await.expect_problem(409, "too_many_badges");
}
