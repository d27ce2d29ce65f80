use contracts::booking::v1::BookingPaymentOrphaned;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, at, id, merged};

const START: &str = "2027-03-10T10:00:00Z";

/// Two rooms whose add-on "Engineer" is done by the same people.
struct Staffed {
    scene: Scene,
    engineers: Vec<String>,
    /// Room and add-on.
    rooms: Vec<(String, Value)>,
}

impl Staffed {
    async fn with(people: usize) -> Self {
        Self::having(people, json!({})).await
    }

    async fn having(people: usize, room_changes: Value) -> Self {
        let scene = Scene::with(room_changes.clone(), json!({})).await;
        let mut engineers = Vec::new();
        for number in 0..people {
            let body = json!({"company_id": scene.company_id, "name": format!("Ada {number}")});
            engineers.push(id(&scene.as_owner("/api/engineers").json(body).send().await.expect(201)));
        }
        let mut rooms = Vec::new();
        for room in [scene.room_id.clone(), scene.create_room(room_changes).await] {
            let add_on = json!({"add_ons": [{"name": "Engineer", "per_hour": 3000, "engineers": engineers}]});
            let prices = scene.set_prices(&room, add_on).await.expect(200);
            rooms.push((room, prices["add_ons"][0]["id"].clone()));
        }
        Self { scene, engineers, rooms }
    }

    fn body(&self, room: usize, start: &str, quantity: i32) -> Value {
        let (room_id, add_on) = &self.rooms[room];
        let wanted = json!({"room_id": room_id, "add_ons": [{"id": add_on, "quantity": quantity}]});
        merged(self.scene.booking(start, 60), wanted)
    }

    async fn book(&self, room: usize, start: &str) -> TestResponse {
        self.scene.book_with(&CallerToken::default(), self.body(room, start, 1)).await
    }

    async fn schedule(&self, engineer: usize) -> Value {
        let path = format!("/api/engineers/{}/schedule", self.engineers[engineer]);
        self.scene.get(&self.scene.owner, &path).send().await.expect(200)["data"].clone()
    }

    async fn away(&self, engineer: usize, starts_at: &str, ends_at: &str) -> TestResponse {
        let path = format!("/api/engineers/{}/absences", self.engineers[engineer]);
        self.scene.as_owner(&path).json(json!({"starts_at": starts_at, "ends_at": ends_at})).send().await
    }
}

#[tokio::test]
async fn nobody_is_at_two_bookings_at_once() {
    let staffed = Staffed::with(1).await;
    let first = staffed.book(0, START).await.expect(201);
    staffed.book(1, "2027-03-10T10:30:00Z").await.expect_problem(409, "engineer_taken");
    let available = async |body: Value| {
        staffed.scene.service.post("/api/bookings/check-availability").json(body).send().await.expect(200)
    };
    assert_eq!(available(staffed.body(1, START, 1)).await["reasons"], json!(["engineer_taken"]));
    assert_eq!(available(staffed.body(1, "2027-03-10T11:00:00Z", 1)).await["available"], true);
    let after = staffed.book(1, "2027-03-10T11:00:00Z").await.expect(201);
    let schedule = staffed.schedule(0).await;
    assert_eq!((&schedule[0]["booking_id"], &schedule[1]["booking_id"]), (&first["id"], &after["id"]));
    // Without the engineer the room is free.
    let mut alone = staffed.body(1, "2027-03-10T09:30:00Z", 1);
    alone.as_object_mut().unwrap().remove("add_ons");
    staffed.scene.book_with(&CallerToken::default(), alone).await.expect(201);
}

#[tokio::test]
async fn one_of_several_comes_and_as_many_as_are_booked() {
    let staffed = Staffed::with(2).await;
    staffed.book(0, START).await.expect(201);
    staffed.book(1, START).await.expect(201);
    for engineer in 0..2 {
        assert_eq!(staffed.schedule(engineer).await.as_array().unwrap().len(), 1);
    }
    let both = staffed.body(0, "2027-03-10T12:00:00Z", 2);
    staffed.scene.book_with(&CallerToken::default(), both).await.expect(201);
    staffed.book(1, "2027-03-10T12:00:00Z").await.expect_problem(409, "engineer_taken");
    let three = staffed.body(0, "2027-03-10T14:00:00Z", 3);
    staffed.scene.book_with(&CallerToken::default(), three).await.expect_problem(409, "engineer_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_40_clients_in_two_rooms_for_one_engineer_one_gets_them() {
    let staffed = Staffed::with(1).await;
    let answers = join_all((0..40).map(|client| staffed.book(client % 2, START))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 39]].concat());
    assert_eq!(staffed.schedule(0).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_engineers_time_comes_back_with_the_booking() {
    let staffed = Staffed::with(1).await;
    let customer = CallerToken::default();
    let first = staffed.scene.book_with(&customer, staffed.body(0, START, 1)).await.expect(201);
    staffed.scene.act(&customer, &first, "cancel").await.expect(200);
    staffed.book(1, START).await.expect(201);
}

#[tokio::test]
async fn a_lapsed_hold_keeps_nobody_busy_and_its_late_payment_goes_back() {
    let staffed = Staffed::with(1).await;
    let (late, quick) = (CallerToken::default(), CallerToken::default());
    let scene = &staffed.scene;
    let first = scene.book_with(&late, staffed.body(0, START, 1)).await.expect(201);
    // The clock is moved past the jobs: nobody has written the expiry down.
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    let second = scene.book_with(&quick, staffed.body(1, START, 1)).await.expect(201);
    scene.pay(&first, 5950).await;
    let orphaned = scene.service.events::<BookingPaymentOrphaned>().await;
    assert_eq!(orphaned.len(), 1);
    assert_ne!(scene.booking_of(&late, &first).await["status"], "confirmed");
    assert_eq!(scene.pay_and_read(&quick, &second).await["status"], "confirmed");
}

#[tokio::test]
async fn a_late_payment_gets_the_engineer_again_who_is_still_free() {
    let staffed = Staffed::with(1).await;
    let customer = CallerToken::default();
    let scene = &staffed.scene;
    let booking = scene.book_with(&customer, staffed.body(0, START, 1)).await.expect(201);
    scene.service.advance_secs(1801).await;
    assert_eq!(staffed.schedule(0).await, json!([]));
    assert_eq!(scene.pay_and_read(&customer, &booking).await["status"], "confirmed");
    assert_eq!(staffed.schedule(0).await[0]["booking_id"], booking["id"]);
}

#[tokio::test]
async fn agreeing_to_a_request_takes_an_engineer_or_is_refused() {
    let staffed = Staffed::having(1, json!({"booking_mode": "request"})).await;
    let first = staffed.book(0, START).await.expect(201);
    let second = staffed.book(1, START).await.expect(201);
    assert_eq!(staffed.schedule(0).await, json!([]), "a request occupies nobody");
    let owner = &staffed.scene.owner;
    staffed.scene.act(owner, &first, "confirm").await.expect(200);
    staffed.scene.act(owner, &second, "confirm").await.expect_problem(409, "engineer_taken");
    assert_eq!(staffed.scene.booking_of(owner, &second).await["status"], "requested", "nothing was half-written");
}

#[tokio::test]
async fn who_is_away_or_retired_is_not_booked() {
    let staffed = Staffed::with(1).await;
    let absence = staffed.away(0, "2027-03-10T00:00:00Z", "2027-03-11T00:00:00Z").await.expect(201);
    staffed.away(0, "2027-03-10T12:00:00Z", "2027-03-10T13:00:00Z").await.expect_problem(409, "engineer_busy");
    staffed.book(0, START).await.expect_problem(409, "engineer_taken");
    staffed.book(0, "2027-03-11T00:00:00Z").await.expect(201);
    staffed.away(0, "2027-03-11T00:30:00Z", "2027-03-11T02:00:00Z").await.expect_problem(409, "engineer_busy");
    let path = format!("/api/engineers/{}", staffed.engineers[0]);
    let token = staffed.scene.service.token(&staffed.scene.owner);
    let listed = staffed.scene.get(&staffed.scene.owner, &format!("{path}/absences")).send().await.expect(200);
    assert_eq!(listed["data"], json!([absence]));
    let there = format!("{path}/absences/{}", id(&absence));
    let service = &staffed.scene.service;
    assert_eq!(service.request(Method::DELETE, &there).bearer(&token).send().await.status, 204);
    service.request(Method::DELETE, &there).bearer(&token).send().await.expect_problem(404, "not_found");
    staffed.book(0, START).await.expect(201);
    let retired = json!({"name": "Ada", "retired": true});
    service.request(Method::PUT, &path).bearer(&token).json(retired).send().await.expect(200);
    staffed.book(0, "2027-03-12T10:00:00Z").await.expect_problem(409, "engineer_taken");
}

#[tokio::test]
async fn the_database_itself_refuses_two_places_at_once() {
    let staffed = Staffed::with(1).await;
    staffed.book(0, START).await.expect(201);
    let mut conn = staffed.scene.service.db.conn().await.unwrap();
    let engineer: kernel::EngineerId = staffed.engineers[0].parse().unwrap();
    let insert = format!(
        "INSERT INTO engineer_occupancies (id, engineer_id, period, kind, active) VALUES (gen_random_uuid(), '{}',
         tstzrange('2027-03-10T10:30:00Z', '2027-03-10T10:31:00Z'), 'absence', true)",
        engineer.uuid()
    );
    let error = diesel::sql_query(insert).execute(&mut *conn).await.unwrap_err();
    assert_eq!(store::violated_constraint(&error), Some("engineer_occupancies_no_overlap"));
    // And moves them with their booking.
    let moved = "UPDATE bookings SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day'";
    diesel::sql_query(moved).execute(&mut *conn).await.unwrap();
    assert_eq!(staffed.schedule(0).await[0]["starts_at"], "2027-03-11T10:00:00Z");
}

#[tokio::test]
async fn only_people_of_the_company_do_its_add_ons() {
    let scene = Scene::start().await;
    let add_on = json!({"add_ons": [{"name": "Engineer", "engineers": [kernel::EngineerId::new()]}]});
    let problem = scene.set_prices(&scene.room_id, add_on).await.expect_problem(422, "unknown_engineer");
    assert_eq!(problem["errors"][0]["pointer"], "/add_ons/0/engineers");
    let body = json!({"company_id": scene.company_id, "name": "Ada"});
    let stranger = CallerToken::default();
    scene.post(&stranger, "/api/engineers").json(body.clone()).send().await.expect_problem(404, "not_found");
    let engineer = scene.as_owner("/api/engineers").json(body).send().await.expect(201);
    let path = format!("/api/engineers/{}", id(&engineer));
    scene.get(&stranger, &path).send().await.expect_problem(404, "not_found");
    assert_eq!(scene.get(&scene.owner, &path).send().await.expect(200), engineer);
}

/// The list names somebody else by now, who is away: what was booked is nobody's to take back.
#[tokio::test]
async fn who_is_booked_comes_whatever_the_price_list_says_by_then() {
    let staffed = Staffed::with(2).await;
    let (scene, room_id) = (&staffed.scene, &staffed.rooms[0].0);
    let list = |engineer: usize| json!({"add_ons": [{"name": "Engineer", "per_hour": 3000, "engineers": [staffed.engineers[engineer]]}]});
    scene.set_prices(room_id, list(0)).await.expect(200);
    let held = staffed.book(0, START).await.expect(201);
    staffed.away(1, "2027-03-10T00:00:00Z", "2027-03-11T00:00:00Z").await.expect(201);
    scene.set_prices(room_id, list(1)).await.expect(200);
    let paid = scene.pay_and_read(&scene.owner, &held).await;
    assert_eq!(paid["status"], "confirmed");
    scene.service.advance_secs(at(START).as_second() - scene.service.now().as_second()).await;
    scene.act(&scene.owner, &held, "check-in").await.expect(200);
    assert_eq!(staffed.schedule(0).await[0]["booking_id"], held["id"]);
}

#[tokio::test]
async fn a_moved_booking_takes_its_engineer_along_or_stays() {
    let staffed = Staffed::with(1).await;
    let customer = CallerToken::default();
    let scene = &staffed.scene;
    let booking = scene.book_with(&customer, staffed.body(0, START, 1)).await.expect(201);
    staffed.book(1, "2027-03-10T14:00:00Z").await.expect(201);
    let path = format!("/api/bookings/{}/reschedule", id(&booking));
    let to = |start: &str, end: &str| json!({"starts_at": start, "ends_at": end});
    let busy = to("2027-03-10T14:00:00Z", "2027-03-10T15:00:00Z");
    scene.post(&customer, &path).json(busy).send().await.expect_problem(409, "engineer_taken");
    assert_eq!(staffed.schedule(0).await[0]["starts_at"], START, "nothing was half-moved");
    let free = to("2027-03-10T10:30:00Z", "2027-03-10T11:30:00Z");
    scene.post(&customer, &path).json(free).send().await.expect(200);
    assert_eq!(staffed.schedule(0).await[0]["starts_at"], "2027-03-10T10:30:00Z");
}
