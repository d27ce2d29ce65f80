use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::CallerToken;

use crate::scene::{Scene, id, merged};

fn studio(scene: &Scene) -> String {
    format!("/api/studios/{}", scene.studio_id)
}

fn change(scene: &Scene) -> Value {
    json!({
        "name": "Klangwerk", "city_id": scene.city_id, "description": "Two rooms",
        "address": {"line1": "Weg 2", "postal_code": "10115"}, "latitude": 52.5, "longitude": 13.4,
    })
}

#[tokio::test]
async fn a_studio_is_changed_whole_and_its_old_slugs_lead_to_it() {
    let scene = Scene::start().await;
    let put = |body: Value| scene.put(&scene.owner, &studio(&scene)).json(body).send();
    let changed = put(merged(change(&scene), json!({"slug": "klangwerk"}))).await.expect(200);
    assert_eq!((&changed["name"], &changed["slug"]), (&json!("Klangwerk"), &json!("klangwerk")));
    assert_eq!(changed["time_zone"], "Europe/Berlin");
    assert_eq!(changed["rooms"][0]["id"], json!(scene.room_id));

    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let get = |slug: &str| client.get(format!("{}/api/studios/{slug}", scene.service.url)).send();
    let moved = get("klangraum-mitte").await.unwrap();
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (308, &"/api/studios/klangwerk".parse().unwrap())
    );
    // Who follows is there.
    let page = scene.service.get("/api/studios/klangraum-mitte").send().await.expect(200);
    assert_eq!(page["id"], json!(scene.studio_id));
    // Back again: the newer slug leads on in its turn.
    put(merged(change(&scene), json!({"slug": "klangraum-mitte"}))).await.expect(200);
    assert_eq!(get("klangwerk").await.unwrap().headers()["location"], "/api/studios/klangraum-mitte");
    assert_eq!(get("klangraum-mitte").await.unwrap().status(), 200);
    // Nobody else gets either.
    scene.create_studio(json!({"slug": "klangwerk"})).await.expect_problem(409, "slug_taken");
    let other = scene.create_studio(json!({"name": "Klangwerk"})).await.expect(201);
    assert_eq!(other["slug"], "klangwerk-2");
    let theirs = json!({"slug": "klangwerk-2"});
    put(merged(change(&scene), theirs)).await.expect_problem(409, "slug_taken");
    assert_eq!(put(change(&scene)).await.expect(200)["slug"], "klangraum-mitte", "as it was");
}

#[tokio::test]
async fn only_managers_change_and_delete_studios_and_rooms() {
    let scene = Scene::start().await;
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let room = format!("/api/rooms/{}", scene.room_id);
    for (caller, status, code) in [(CallerToken::default(), 404, "not_found"), (staff, 403, "insufficient_role")] {
        let put = scene.put(&caller, &studio(&scene)).json(change(&scene)).send().await;
        put.expect_problem(status, code);
        scene.delete(&caller, &studio(&scene)).send().await.expect_problem(status, code);
        scene.delete(&caller, &room).send().await.expect_problem(status, code);
    }
    let nowhere = format!("/api/studios/{}", kernel::StudioId::new());
    scene.put(&scene.owner, &nowhere).json(change(&scene)).send().await.expect_problem(404, "not_found");
    scene.delete(&scene.owner, &nowhere).send().await.expect_problem(404, "not_found");
    for (changes, pointer) in [
        (json!({"slug": "My Studio"}), "/slug"),
        (json!({"name": ""}), "/name"),
        (json!({"company_id": scene.company_id}), "/company_id"),
        (json!({"time_zone": "Mars"}), "/time_zone"),
    ] {
        let answer = scene.put(&scene.owner, &studio(&scene)).json(merged(change(&scene), changes)).send().await;
        assert_eq!(answer.expect_problem(422, "validation_failed")["errors"][0]["pointer"], pointer);
    }
    let page = scene.service.get(&studio(&scene)).send().await.expect(200);
    assert_eq!(page["name"], "Klangraum Mitte");
}

#[tokio::test]
async fn a_new_time_zone_moves_hours_and_blackouts_and_names_whom_it_leaves_outside() {
    let scene = Scene::start().await;
    let hours = json!({"hours": [{"weekday": "wednesday", "opens": "10:00", "closes": "12:00"}]});
    scene.as_owner(&format!("{}/operating-hours", studio(&scene))).json(hours).send().await.expect(200);
    let closed = json!({"first_day": "2027-03-17"});
    scene.as_owner(&format!("{}/blackouts", studio(&scene))).json(closed).send().await.expect(201);
    let booking = scene.book(&CallerToken::default(), "2027-03-10T09:00:00Z", 60).await.expect(201);
    let lisbon = merged(change(&scene), json!({"time_zone": "Europe/Lisbon"}));
    let changed = scene.put(&scene.owner, &studio(&scene)).json(lisbon).send().await.expect(200);
    assert_eq!(changed["time_zone"], "Europe/Lisbon");
    assert_eq!(changed["orphaned_bookings"]["bookings"][0]["id"], booking["id"]);
    assert!(scene.is_available("2027-03-10T10:00:00Z", 60).await);
    let periods = "SELECT to_char(lower(period) AT TIME ZONE 'UTC', 'DD HH24:MI') AS text FROM blackout_periods";
    assert_eq!(scene.texts(periods).await, ["17 00:00"]);
}

#[tokio::test]
async fn a_studio_with_bookings_ahead_goes_only_with_them_and_all_comes_back() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let paid = scene.book(&customer, "2027-03-02T10:00:00Z", 60).await.expect(201);
    let paid = scene.pay_and_read(&customer, &paid).await;
    let held = scene.book(&customer, "2027-03-12T10:00:00Z", 60).await.expect(201);

    let refused = scene.delete(&scene.owner, &studio(&scene)).send().await;
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let refused = refused.expect_problem(409, "bookings_ahead");
    assert_eq!(refused["bookings_ahead"]["count"], 2);
    let listed: Vec<&Value> =
        refused["bookings_ahead"]["bookings"].as_array().unwrap().iter().map(|booking| &booking["id"]).collect();
    assert_eq!(listed, [&paid["id"], &held["id"]]);
    scene.service.get(&studio(&scene)).send().await.expect(200);

    scene.delete(&scene.owner, &format!("{}?cancel_bookings=true", studio(&scene))).send().await.expect(204);
    for booking in [&paid, &held] {
        let booking = scene.booking_of(&customer, booking).await;
        assert_eq!((&booking["status"], &booking["cancellation"]["by"]), (&json!("cancelled"), &json!("company")));
    }
    // A day before it would have been half; the company gives all back.
    assert_eq!(scene.booking_of(&customer, &paid).await["cancellation"]["refund"]["amount"], 2380);
    scene.service.get(&studio(&scene)).send().await.expect_problem(404, "not_found");
    scene.service.get("/api/studios/klangraum-mitte").send().await.expect_problem(404, "not_found");
    scene.service.get(&format!("/api/rooms/{}", scene.room_id)).send().await.expect_problem(404, "not_found");
    scene.book(&customer, "2027-03-20T10:00:00Z", 60).await.expect_problem(404, "not_found");
    scene.delete(&scene.owner, &studio(&scene)).send().await.expect_problem(404, "not_found");
    let mine = scene.get(&scene.owner, "/api/studios/my").send().await.expect(200);
    assert_eq!(mine["data"], json!([]));
    let found = scene.service.post("/api/studios/search").json(json!({})).send().await.expect(200);
    assert_eq!(found["data"], json!([]));
    // Its slug is never anybody else's.
    scene.create_studio(json!({"slug": "klangraum-mitte"})).await.expect_problem(409, "slug_taken");
}

#[tokio::test]
async fn a_room_goes_alone_and_what_is_over_keeps_nothing() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let other = scene.create_room(json!({"name": "Room B"})).await;
    scene.set_prices(&other, json!({})).await.expect(200);
    let elsewhere = merged(scene.booking("2027-03-10T10:00:00Z", 60), json!({"room_id": other}));
    scene.book_with(&customer, elsewhere).await.expect(201);
    let over = scene.book(&customer, "2027-03-02T10:00:00Z", 60).await.expect(201);
    scene.pay(&over, 2380).await;
    let room = format!("/api/rooms/{}", scene.room_id);
    scene.delete(&scene.owner, &room).send().await.expect_problem(409, "bookings_ahead");
    scene.service.advance_secs(2 * 86_400).await;
    scene.delete(&scene.owner, &room).send().await.expect(204);
    let rooms = scene.service.get(&format!("{}/rooms", studio(&scene))).send().await.expect(200);
    assert_eq!(rooms["data"].as_array().unwrap().len(), 1);
    assert_eq!(rooms["data"][0]["id"], json!(other));
    assert_eq!(scene.booking_of(&customer, &over).await["status"], "completed");
}

/// A deletion told to cancel is begun by the request and ended by the job, whatever happens between.
#[tokio::test]
async fn bookings_left_in_a_room_that_is_gone_are_cancelled_by_the_job() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
    scene.execute("UPDATE rooms SET deleted_at = now()").await.unwrap();
    scene.service.run_jobs().await;
    let booking = scene.booking_of(&customer, &booking).await;
    assert_eq!(booking["cancellation"]["by"], "company");
    assert!(!id(&booking).is_empty());
}
