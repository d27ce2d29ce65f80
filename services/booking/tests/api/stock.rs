//! Add-ons of which there are only so many.

use contracts::booking::v1::BookingPaymentOrphaned;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse, TestService};

use crate::{
    bookings_guide::GUIDE,
    guide::guide_says,
    scene::{Scene, at, id, merged},
};

const START: &str = "2027-03-10T10:00:00Z";

/// Rooms whose lists share the studio's three microphones.
struct Sharing {
    scene: Scene,
    /// Room and add-on.
    rooms: Vec<(String, Value)>,
}

impl Sharing {
    async fn rooms(count: usize, room_changes: Value) -> Self {
        let scene = Scene::with(room_changes.clone(), json!({})).await;
        let mut rooms = Vec::new();
        for number in 0..count {
            let room = match number {
                0 => scene.room_id.clone(),
                _ => scene.create_room(room_changes.clone()).await,
            };
            let add_on = list_of(&scene, &room, 3).await;
            rooms.push((room, add_on));
        }
        Self { scene, rooms }
    }

    fn body(&self, room: usize, start: &str, quantity: i32) -> Value {
        let (room_id, add_on) = &self.rooms[room];
        let wanted = json!({"room_id": room_id, "add_ons": [{"id": add_on, "quantity": quantity}]});
        merged(self.scene.booking(start, 60), wanted)
    }

    async fn book(&self, room: usize, start: &str, quantity: i32) -> TestResponse {
        self.scene.book_with(&CallerToken::default(), self.body(room, start, quantity)).await
    }

    async fn reasons(&self, body: Value) -> Value {
        let asked = self.scene.service.post("/api/bookings/check-availability").json(body);
        asked.send().await.expect(200)["reasons"].clone()
    }
}

async fn list_of(scene: &Scene, room: &str, stock: i32) -> Value {
    let add_on = json!({"name": "Microphone", "per_use": 500, "stock": stock, "stock_shared": true});
    let prices = scene.set_prices(room, json!({"add_ons": [add_on]})).await.expect(200);
    prices["add_ons"][0]["id"].clone()
}

#[tokio::test]
async fn rooms_that_share_a_stock_are_held_to_its_busiest_instant() {
    guide_says(
        GUIDE,
        "A studio shares three microphones. Two of them are booked in one room from 10:00 to 11:00, two in",
    );
    guide_says(GUIDE, "another from 11:00 to 12:00: in a third room one can be had from 10:30 to 11:30");
    let sharing = Sharing::rooms(3, json!({})).await;
    sharing.book(0, START, 2).await.expect(201);
    sharing.book(1, "2027-03-10T11:00:00Z", 2).await.expect(201);
    // From 10:30 to 11:30 two are in use at any instant, never four.
    assert_eq!(sharing.reasons(sharing.body(2, "2027-03-10T10:30:00Z", 2)).await, json!(["out_of_stock"]));
    sharing.book(2, "2027-03-10T10:30:00Z", 2).await.expect_problem(409, "out_of_stock");
    assert_eq!(sharing.reasons(sharing.body(2, "2027-03-10T10:30:00Z", 1)).await, json!([]));
    let last = sharing.book(2, "2027-03-10T10:30:00Z", 1).await.expect(201);
    sharing.scene.act(&sharing.scene.owner, &last, "cancel").await.expect(200);
    // A list that shares no more has its own three.
    let alone = list_alone(&sharing).await;
    sharing.scene.book_with(&CallerToken::default(), alone).await.expect(201);
}

async fn list_alone(sharing: &Sharing) -> Value {
    let own = json!({"add_ons": [{"name": "Microphone", "stock": 3}]});
    let prices = sharing.scene.set_prices(&sharing.rooms[2].0, own).await.expect(200);
    assert_eq!(prices["add_ons"][0]["id"], sharing.rooms[2].1, "it keeps its id with its name");
    sharing.body(2, "2027-03-10T10:30:00Z", 3)
}

#[tokio::test]
async fn one_booking_of_two_rooms_takes_from_the_same_stock() {
    let sharing = Sharing::rooms(2, json!({})).await;
    let [(a, of_a), (b, of_b)] = &sharing.rooms[..] else { panic!("two rooms") };
    let both = |quantity: i32| {
        let add_ons = json!([{"id": of_a, "quantity": 2}, {"id": of_b, "quantity": quantity}]);
        let rooms = json!({"room_id": null, "room_ids": [a, b], "add_ons": add_ons});
        merged(sharing.scene.booking(START, 60), rooms)
    };
    sharing.scene.book_with(&CallerToken::default(), both(2)).await.expect_problem(409, "out_of_stock");
    sharing.scene.book_with(&CallerToken::default(), both(1)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_40_clients_in_four_rooms_of_two_processes_three_get_the_last_three() {
    let sharing = Sharing::rooms(4, json!({})).await;
    let second = TestService::builder(booking::service()).on_database(sharing.scene.service.database()).start().await;
    let asked = (0..40_usize).map(|client| {
        let service = if client % 2 == 0 { &sharing.scene.service } else { &second };
        // Ten for each room, five at either of two times that overlap.
        let start = at(START) + jiff::SignedDuration::from_mins(30 * i64::from(client % 8 > 3));
        let body = sharing.body(client % 4, &start.to_string(), 1);
        let token = service.token(&CallerToken::default());
        async move { service.post("/api/bookings").bearer(&token).idempotency_key("key").json(body).send().await }
    });
    let answers = join_all(asked).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 3, "{:?}", answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>());
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        let code = refused.json()["code"].clone();
        assert!(refused.status == 409 && (code == "out_of_stock" || code == "slot_taken"), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_request_wants_no_more_than_there_is_and_is_agreed_to_only_while_there_is() {
    let sharing = Sharing::rooms(2, json!({"booking_mode": "request"})).await;
    let scene = &sharing.scene;
    sharing.book(0, START, 4).await.expect_problem(422, "out_of_stock");
    let first = sharing.book(0, START, 2).await.expect(201);
    let second = sharing.book(1, START, 2).await.expect(201);
    scene.act(&scene.owner, &first, "confirm").await.expect(200);
    scene.act(&scene.owner, &second, "confirm").await.expect_problem(409, "out_of_stock");
    assert_eq!(scene.booking_of(&scene.owner, &second).await["status"], "requested", "nothing was half-written");
    scene.act(&scene.owner, &first, "cancel").await.expect(200);
    scene.act(&scene.owner, &second, "confirm").await.expect(200);
}

#[tokio::test]
async fn what_is_held_stays_and_what_has_lapsed_may_be_somebody_elses() {
    let sharing = Sharing::rooms(2, json!({})).await;
    let scene = &sharing.scene;
    let held = sharing.book(0, START, 3).await.expect(201);
    let lapsing = sharing.book(0, "2027-03-10T14:00:00Z", 3).await.expect(201);
    // There are fewer from now on: what is held was promised.
    list_of(scene, &sharing.rooms[0].0, 1).await;
    let due = held["price"]["total"]["amount"].as_i64().unwrap();
    scene.pay(&held, due).await;
    assert_eq!(scene.booking_of(&scene.owner, &held).await["status"], "confirmed");

    list_of(scene, &sharing.rooms[0].0, 3).await;
    scene.service.advance_secs(1801).await;
    sharing.book(1, "2027-03-10T14:30:00Z", 1).await.expect(201);
    scene.pay(&lapsing, due).await;
    assert_eq!(scene.booking_of(&scene.owner, &lapsing).await["status"], "expired");
    assert_eq!(scene.service.events::<BookingPaymentOrphaned>().await.len(), 1, "the money goes back");
}

#[tokio::test]
async fn a_move_takes_from_the_stock_of_its_new_time() {
    let sharing = Sharing::rooms(2, json!({})).await;
    let customer = CallerToken::default();
    let booking = sharing.scene.book_with(&customer, sharing.body(0, START, 2)).await.expect(201);
    sharing.book(1, "2027-03-10T14:00:00Z", 2).await.expect(201);
    let to = |start: &str| json!({"starts_at": start, "ends_at": at(start) + jiff::SignedDuration::from_hours(1)});
    for what in ["reschedule-quote", "reschedule"] {
        let path = format!("/api/bookings/{}/{what}", id(&booking));
        let taken = sharing.scene.post(&customer, &path).json(to("2027-03-10T14:30:00Z"));
        taken.send().await.expect_problem(409, "out_of_stock");
        // Its own two are not in its way.
        sharing.scene.post(&customer, &path).json(to("2027-03-10T10:30:00Z")).send().await.expect(200);
    }
}
