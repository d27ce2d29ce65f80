use contracts::booking::v1::BookingHeld;
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, at, id};

const START: &str = "2027-03-10T10:00:00Z";

/// Does not rely on the constraint.
const OVERLAPS: &str = "SELECT a.id::text AS text FROM occupancies a JOIN occupancies b
    ON a.room_id = b.room_id AND a.id < b.id AND a.active AND b.active AND a.period && b.period";

async fn second_room(scene: &Scene, changes: Value, prices: Value) -> String {
    let room_id = scene.create_room(changes).await;
    scene.set_prices(&room_id, prices).await.expect(200);
    room_id
}

fn wanting(scene: &Scene, rooms: &[&str], start: &str, minutes: i64) -> Value {
    let mut body = scene.booking(start, minutes);
    body.as_object_mut().unwrap().remove("room_id");
    body["room_ids"] = json!(rooms);
    body
}

async fn book(scene: &Scene, room_id: &str, start: &str, minutes: i64) -> TestResponse {
    scene.book_with(&CallerToken::default(), wanting(scene, &[room_id], start, minutes)).await
}

async fn set_parts(scene: &Scene, room_id: &str, parts: Value) -> TestResponse {
    let path = format!("/api/rooms/{room_id}/parts");
    let token = scene.service.token(&scene.owner);
    scene.service.request(Method::PUT, &path).bearer(&token).json(parts).send().await
}

async fn is_free(scene: &Scene, rooms: &[&str], start: &str) -> bool {
    let body = wanting(scene, rooms, start, 60);
    let answer = scene.service.post("/api/bookings/check-availability").json(body).send().await.expect(200);
    answer["available"].as_bool().unwrap()
}

#[tokio::test]
async fn rooms_booked_together_have_one_price_whose_lines_name_them_and_their_own_turnarounds() {
    let scene = Scene::with(json!({"turnaround_minutes": 60}), json!({})).await;
    let b = second_room(&scene, json!({"name": "Room B"}), json!({"hourly_rate": 1000})).await;
    let (a, customer) = (scene.room_id.as_str(), CallerToken::default());
    let body = wanting(&scene, &[a, &b], START, 120);
    let quote = scene.service.post("/api/bookings/calculate-price").json(body.clone()).send().await.expect(200);
    let booking = scene.book_with(&customer, body).await.expect(201);
    assert_eq!((&booking["room_id"], &booking["room_ids"]), (&json!(a), &json!([a, b])));
    assert_eq!(booking["price"]["total"], json!({"amount": 7140, "currency": "EUR"}));
    assert_eq!(booking["price"]["total"], quote["total"]);
    let lines: Vec<(&Value, &Value)> = booking["price"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (&line["room_id"], &line["amount"]["amount"]))
        .collect();
    let expected = [(json!(a), json!(4000)), (json!(a), json!(760)), (json!(b), json!(2000)), (json!(b), json!(380))];
    assert_eq!(lines, expected.iter().map(|(room, amount)| (room, amount)).collect::<Vec<_>>());
    // Until 12:00, and an hour of turnaround in room A only.
    assert!(!is_free(&scene, &[a], "2027-03-10T12:00:00Z").await);
    assert!(is_free(&scene, &[&b], "2027-03-10T12:00:00Z").await);
    assert!(!is_free(&scene, &[a, &b], "2027-03-10T12:00:00Z").await);
    let told = scene.service.events::<BookingHeld>().await;
    let state = told[0].booking.as_ref().unwrap();
    assert_eq!((state.room_ids.clone(), state.room_name.as_str()), (vec![a.to_owned(), b.clone()], "Room A, Room B"));
    // Each room's list shows it, and cancelling gives all of them back.
    let of_b = json!({"company_id": scene.company_id, "room_id": b});
    let listed = scene.as_owner("/api/bookings/filter").json(of_b).send().await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    scene.act(&customer, &booking, "cancel").await.expect(200);
    assert!(is_free(&scene, &[a, &b], START).await);
}

#[tokio::test]
async fn a_quote_for_several_rooms_is_for_these_rooms() {
    let scene = Scene::start().await;
    let b = second_room(&scene, json!({"name": "Room B"}), json!({})).await;
    let (a, customer) = (scene.room_id.as_str(), CallerToken::default());
    let body = wanting(&scene, &[a, &b], START, 60);
    let quote = scene.service.post("/api/bookings/calculate-price").json(body.clone()).send().await.expect(200);
    scene.set_prices(&b, json!({"hourly_rate": 9900})).await.expect(200);
    let with_token = |mut body: Value| {
        body["quote_token"] = quote["quote_token"].clone();
        body
    };
    let one_room = with_token(wanting(&scene, &[a], START, 60));
    scene.book_with(&customer, one_room).await.expect_problem(422, "quote_mismatch");
    let booking = scene.book_with(&customer, with_token(body)).await.expect(201);
    assert_eq!(booking["price"]["total"]["amount"], 4760, "although a price has changed");
}

#[tokio::test]
async fn when_one_of_the_rooms_is_taken_none_is() {
    let scene = Scene::start().await;
    let b = second_room(&scene, json!({"name": "Room B"}), json!({})).await;
    let a = scene.room_id.as_str();
    book(&scene, &b, START, 60).await.expect(201);
    let together = wanting(&scene, &[a, &b], START, 60);
    scene.book_with(&CallerToken::default(), together).await.expect_problem(409, "slot_taken");
    assert!(is_free(&scene, &[a], START).await);
    // A hold whose time is over is not in the way, though nobody has written that down.
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    let together = wanting(&scene, &[&b, a], START, 60);
    scene.book_with(&CallerToken::default(), together).await.expect(201);
    assert_eq!(scene.texts("SELECT status AS text FROM bookings ORDER BY id").await, ["expired", "held"]);
    assert_eq!(scene.texts(OVERLAPS).await, Vec::<String>::new());
}

#[tokio::test]
async fn rooms_that_cannot_be_booked_together_are_refused() {
    let scene = Scene::start().await;
    let a = scene.room_id.as_str();
    let other = scene.create_studio(json!({"name": "Elsewhere"})).await.expect(201);
    scene.open_always(&id(&other)).await;
    let far = second_room(&scene, json!({"studio_id": id(&other)}), json!({})).await;
    let customer = CallerToken::default();
    let refused = async |rooms: Value| {
        let mut body = wanting(&scene, &[], START, 60);
        body["room_ids"] = rooms;
        scene.book_with(&customer, body).await
    };
    refused(json!([a, far])).await.expect_problem(422, "several_studios");
    refused(json!([a, a])).await.expect_problem(422, "validation_failed");
    refused(json!([])).await.expect_problem(422, "validation_failed");
    refused(json!([a, kernel::RoomId::new()])).await.expect_problem(404, "not_found");
    let mut both = scene.booking(START, 60);
    both["room_ids"] = json!([a]);
    scene.book_with(&customer, both).await.expect_problem(422, "validation_failed");
    let whole = second_room(&scene, json!({"name": "Whole studio"}), json!({})).await;
    set_parts(&scene, &whole, json!({"whole_studio": true})).await.expect(200);
    refused(json!([a, whole])).await.expect_problem(422, "overlapping_rooms");
}

#[tokio::test]
async fn free_times_of_several_rooms_are_those_at_which_all_are_free() {
    let scene = Scene::with(json!({"slot_step_minutes": 60}), json!({})).await;
    let b = second_room(&scene, json!({"slot_step_minutes": 120}), json!({})).await;
    let a = scene.room_id.as_str();
    book(&scene, a, START, 60).await.expect(201);
    let path = format!("/api/bookings/available-times?room_ids={a},{b}&date=2027-03-10&duration_minutes=60");
    let times = scene.service.get(&path).send().await.expect(200);
    let starts: Vec<&str> =
        times["slots"].as_array().unwrap().iter().map(|slot| &slot["starts_at"].as_str().unwrap()[11..13]).collect();
    // Midnight in Berlin is 23:00; every second hour from there, but not 11:00 in Berlin: that one is off step for B.
    assert_eq!(starts, ["23", "01", "03", "05", "07", "09", "11", "13", "15", "17", "19", "21"]);
    assert_eq!(times["slots"][0]["price"]["amount"], 4760);
    book(&scene, &b, "2027-03-10T09:00:00Z", 60).await.expect(201);
    let times = scene.service.get(&path).send().await.expect(200);
    assert_eq!(times["slots"].as_array().unwrap().len(), 11);
}

#[tokio::test]
async fn the_whole_studio_blocks_its_rooms_and_the_reverse() {
    let scene = Scene::start().await;
    let b = second_room(&scene, json!({"name": "Room B"}), json!({})).await;
    let whole = second_room(&scene, json!({"name": "Whole studio", "turnaround_minutes": 60}), json!({})).await;
    let parts = set_parts(&scene, &whole, json!({"whole_studio": true})).await.expect(200);
    assert_eq!(parts, json!({"whole_studio": true, "room_ids": []}));
    let a = scene.room_id.as_str();
    let part = book(&scene, a, START, 60).await.expect(201);
    book(&scene, &whole, START, 60).await.expect_problem(409, "slot_taken");
    assert!(!is_free(&scene, &[&whole], START).await);
    scene.act(&scene.owner, &part, "cancel").await.expect(200);
    let all = book(&scene, &whole, START, 60).await.expect(201);
    for room in [a, &b] {
        book(&scene, room, START, 60).await.expect_problem(409, "slot_taken");
        // The turnaround of the whole studio counts for its rooms.
        book(&scene, room, "2027-03-10T11:00:00Z", 60).await.expect_problem(409, "slot_taken");
        let slots = format!("/api/bookings/available-times?room_id={room}&date=2027-03-10&duration_minutes=60");
        let slots = scene.service.get(&slots).send().await.expect(200);
        let taken = |slot: &&Value| slot["starts_at"] == json!(at(START));
        assert!(slots["slots"].as_array().unwrap().iter().find(taken).is_none());
    }
    scene.act(&scene.owner, &all, "cancel").await.expect(200);
    book(&scene, &b, START, 60).await.expect(201);
}

#[tokio::test]
async fn a_room_that_is_added_later_is_blocked_too() {
    let scene = Scene::start().await;
    let whole = second_room(&scene, json!({"name": "Whole studio"}), json!({})).await;
    set_parts(&scene, &whole, json!({"whole_studio": true})).await.expect(200);
    let all = book(&scene, &whole, START, 60).await.expect(201);
    let lapsed = book(&scene, &whole, "2027-03-12T10:00:00Z", 60).await.expect(201);
    scene.act(&scene.owner, &lapsed, "cancel").await.expect(200);
    let added = second_room(&scene, json!({"name": "Room C"}), json!({})).await;
    book(&scene, &added, START, 60).await.expect_problem(409, "slot_taken");
    book(&scene, &added, "2027-03-12T10:00:00Z", 60).await.expect(201);
    scene.act(&scene.owner, &all, "cancel").await.expect(200);
    book(&scene, &added, START, 60).await.expect(201);
}

#[tokio::test]
async fn what_a_room_stands_for_can_change_while_nothing_of_it_is_booked_twice() {
    let scene = Scene::start().await;
    let b = second_room(&scene, json!({"name": "Room B"}), json!({})).await;
    let suite = second_room(&scene, json!({"name": "Suite"}), json!({})).await;
    let a = scene.room_id.clone();
    set_parts(&scene, &suite, json!({"whole_studio": false, "room_ids": [a]})).await.expect(200);
    book(&scene, &suite, START, 60).await.expect(201);
    book(&scene, &b, START, 60).await.expect(201);
    let both = json!({"whole_studio": false, "room_ids": [a, b]});
    set_parts(&scene, &suite, both).await.expect_problem(409, "parts_booked");
    let path = format!("/api/rooms/{suite}/parts");
    let parts = scene.service.get(&path).send().await.expect(200);
    assert_eq!(parts["room_ids"], json!([a]), "nothing was changed");
    book(&scene, &a, START, 60).await.expect_problem(409, "slot_taken");
    set_parts(&scene, &suite, json!({"whole_studio": false})).await.expect(200);
    book(&scene, &a, START, 60).await.expect(201);
    // Parts stand for nothing themselves.
    let c = second_room(&scene, json!({"name": "Room C"}), json!({})).await;
    set_parts(&scene, &a, json!({"whole_studio": false, "room_ids": [c]})).await.expect(200);
    let nested = json!({"whole_studio": false, "room_ids": [a]});
    set_parts(&scene, &suite, nested).await.expect_problem(422, "invalid_parts");
    let whole = json!({"whole_studio": true});
    set_parts(&scene, &c, whole.clone()).await.expect_problem(422, "invalid_parts");
    let stranger = scene.service.token(&CallerToken::default());
    let theirs = scene.service.request(Method::PUT, &path).bearer(&stranger).json(whole).send().await;
    theirs.expect_problem(404, "not_found");
    assert_eq!(scene.texts(OVERLAPS).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_and_parts_at_once_never_overlap_and_never_deadlock() {
    let scene = Scene::start().await;
    let b = second_room(&scene, json!({"name": "Room B"}), json!({})).await;
    let whole = second_room(&scene, json!({"name": "Whole studio"}), json!({})).await;
    set_parts(&scene, &whole, json!({"whole_studio": true})).await.expect(200);
    let a = scene.room_id.clone();
    let choices: [Vec<&str>; 5] = [vec![&a], vec![&b], vec![&whole], vec![&a, &b], vec![&b, &a]];
    let wanted = (0..testkit::budget(60, 600)).map(|index| {
        let (scene, rooms) = (&scene, &choices[index % choices.len()]);
        let start = format!("2027-03-{:02}T{:02}:00:00Z", 10 + (index / 7) % 3, 8 + (index * 5) % 4);
        async move { scene.book_with(&CallerToken::default(), wanting(scene, rooms, &start, 90)).await }
    });
    // As many at once as the service has connections for, and some more.
    let answers: Vec<TestResponse> = stream::iter(wanted).buffer_unordered(48).collect().await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{statuses:?}");
    assert!(statuses.contains(&201) && statuses.contains(&409));
    assert_eq!(scene.texts(OVERLAPS).await, Vec::<String>::new());
}
