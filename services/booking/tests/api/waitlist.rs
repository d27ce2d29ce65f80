use contracts::booking::v1::WaitlistOffered;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, id, merged};

const START: &str = "2027-03-10T10:00:00Z";

/// The two hours that somebody has.
fn wish(scene: &Scene) -> Value {
    json!({
        "room_id": scene.room_id, "window_starts_at": START, "window_ends_at": "2027-03-10T12:00:00Z",
        "duration_minutes": 120,
    })
}

/// A room that somebody has, and who waits for it.
struct Queue {
    scene: Scene,
    holder: CallerToken,
    booking: Value,
    waiting: Vec<(CallerToken, Value)>,
}

impl Queue {
    async fn of(people: usize) -> Self {
        let scene = Scene::start().await;
        let holder = CallerToken::default();
        let booking = scene.book(&holder, START, 120).await.expect(201);
        let mut waiting = Vec::new();
        for _ in 0..people {
            let customer = CallerToken::default();
            let entry = scene.post(&customer, "/api/bookings/waitlist").json(wish(&scene)).send().await.expect(201);
            waiting.push((customer, entry));
        }
        Self { scene, holder, booking, waiting }
    }

    async fn free(&self) {
        self.scene.act(&self.holder, &self.booking, "cancel").await.expect(200);
        self.scene.service.run_jobs().await;
    }

    async fn entry(&self, place: usize) -> Value {
        let (customer, entry) = &self.waiting[place];
        self.scene.get(customer, &format!("/api/bookings/waitlist/{}", id(entry))).send().await.expect(200)
    }

    async fn states(&self) -> Vec<String> {
        let mut states = Vec::new();
        for place in 0..self.waiting.len() {
            states.push(self.entry(place).await["state"].as_str().unwrap().to_owned());
        }
        states
    }

    async fn act(&self, place: usize, action: &str) -> TestResponse {
        let (customer, entry) = &self.waiting[place];
        let answer = self.scene.post(customer, &format!("/api/bookings/waitlist/{}/{action}", id(entry))).send().await;
        self.scene.service.run_jobs().await;
        answer
    }
}

#[tokio::test]
async fn who_came_first_is_offered_first_and_nobody_else_can_have_it() {
    let queue = Queue::of(2).await;
    assert_eq!(queue.states().await, ["waiting", "waiting"]);
    queue.free().await;
    assert_eq!(queue.states().await, ["offered", "waiting"]);
    let offer = queue.entry(0).await["offer"].clone();
    assert_eq!((&offer["booking"]["starts_at"], &offer["booking"]["status"]), (&json!(START), &json!("held")));
    let told = queue.scene.service.events::<WaitlistOffered>().await;
    assert_eq!((told.len(), &told[0].entry_id), (1, &id(&queue.waiting[0].1)));
    queue.scene.book(&CallerToken::default(), START, 60).await.expect_problem(409, "slot_taken");
    queue.act(1, "accept").await.expect_problem(409, "nothing_offered");
}

#[tokio::test]
async fn an_accepted_offer_is_a_booking_that_waits_for_its_payment() {
    let queue = Queue::of(2).await;
    queue.free().await;
    // Near the end of the offer: the time to pay begins when it is accepted.
    queue.scene.service.advance_secs(59 * 60).await;
    let booking = queue.act(0, "accept").await.expect(200);
    assert_eq!(booking["status"], "held");
    assert_eq!(queue.act(0, "accept").await.expect(200)["version"], booking["version"], "repeating is safe");
    assert_eq!(queue.states().await, ["accepted", "waiting"]);
    queue.scene.service.advance_secs(20 * 60).await;
    let customer = &queue.waiting[0].0;
    assert_eq!(queue.scene.pay_and_read(customer, &booking).await["status"], "confirmed");
    assert_eq!(queue.states().await, ["booked", "waiting"]);
}

#[tokio::test]
async fn a_declined_or_lapsed_offer_is_the_next_ones_turn() {
    let queue = Queue::of(3).await;
    queue.free().await;
    assert_eq!(queue.act(0, "decline").await.expect(200)["state"], "declined");
    assert_eq!(queue.states().await, ["declined", "offered", "waiting"]);
    queue.scene.service.advance_secs(60 * 60).await;
    assert_eq!(queue.states().await, ["declined", "lapsed", "offered"]);
    queue.act(1, "accept").await.expect_problem(410, "offer_ended");
    queue.act(0, "decline").await.expect_problem(410, "offer_ended");
}

#[tokio::test]
async fn who_leaves_is_not_offered_anything() {
    let queue = Queue::of(2).await;
    let (first, entry) = &queue.waiting[0];
    let path = format!("/api/bookings/waitlist/{}", id(entry));
    let token = queue.scene.service.token(first);
    let service = &queue.scene.service;
    assert_eq!(service.request(Method::DELETE, &path).bearer(&token).send().await.status, 204);
    queue.free().await;
    assert_eq!(queue.states().await, ["left", "offered"]);
    // Leaving with an offer in hand is declining it.
    let (second, entry) = &queue.waiting[1];
    let path = format!("/api/bookings/waitlist/{}", id(entry));
    let token = service.token(second);
    assert_eq!(service.request(Method::DELETE, &path).bearer(&token).send().await.status, 204);
    assert!(queue.scene.is_available(START, 120).await);
}

#[tokio::test]
async fn a_lapsed_hold_and_a_moved_booking_free_the_room_too() {
    let queue = Queue::of(1).await;
    queue.scene.service.advance_secs(1801).await;
    assert_eq!(queue.states().await, ["offered"]);

    let queue = Queue::of(1).await;
    let elsewhere = json!({"starts_at": "2027-03-11T10:00:00Z", "ends_at": "2027-03-11T12:00:00Z"});
    let path = format!("/api/bookings/{}/reschedule", id(&queue.booking));
    queue.scene.post(&queue.holder, &path).json(elsewhere).send().await.expect(200);
    queue.scene.service.run_jobs().await;
    assert_eq!(queue.states().await, ["offered"]);
}

#[tokio::test]
async fn any_room_of_a_studio_will_do_and_the_window_may_be_wider() {
    let scene = Scene::start().await;
    let other = scene.create_room(json!({"name": "Room B"})).await;
    scene.set_prices(&other, json!({"hourly_rate": 3000})).await.expect(200);
    let holder = CallerToken::default();
    scene.book(&holder, START, 240).await.expect(201);
    let b = merged(scene.booking(START, 240), json!({"room_id": other}));
    let b = scene.book_with(&holder, b).await.expect(201);
    let customer = CallerToken::default();
    let any = json!({
        "studio_id": scene.studio_id, "window_starts_at": "2027-03-10T11:00:00Z",
        "window_ends_at": "2027-03-10T13:30:00Z", "duration_minutes": 60,
    });
    let entry = scene.post(&customer, "/api/bookings/waitlist").json(any).send().await.expect(201);
    scene.act(&holder, &b, "cancel").await.expect(200);
    scene.service.run_jobs().await;
    let entry = scene.get(&customer, &format!("/api/bookings/waitlist/{}", id(&entry))).send().await.expect(200);
    let offered = &entry["offer"]["booking"];
    assert_eq!((&offered["room_id"], &offered["starts_at"]), (&json!(other), &json!("2027-03-10T11:00:00Z")));
}

#[tokio::test]
async fn what_costs_nothing_waits_for_its_answer_too() {
    let scene = Scene::with(json!({}), json!({"hourly_rate": 0})).await;
    let holder = CallerToken::default();
    let booking = scene.book(&holder, START, 120).await.expect(201);
    let customer = CallerToken::default();
    let entry = scene.post(&customer, "/api/bookings/waitlist").json(wish(&scene)).send().await.expect(201);
    scene.act(&holder, &booking, "cancel").await.expect(200);
    scene.service.run_jobs().await;
    let path = format!("/api/bookings/waitlist/{}", id(&entry));
    assert_eq!(scene.get(&customer, &path).send().await.expect(200)["state"], "offered");
    let booked = scene.post(&customer, &format!("{path}/accept")).send().await.expect(200);
    assert_eq!(booked["status"], "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_and_a_crowd_make_no_double_booking_of_an_offer() {
    let queue = Queue::of(4).await;
    let scene = &queue.scene;
    let second = testkit::TestService::builder(booking::service()).on_database(scene.service.database()).start().await;
    scene.act(&queue.holder, &queue.booking, "cancel").await.expect(200);
    let crowd = (0..20).map(|_| async { scene.book(&CallerToken::default(), START, 60).await.status.as_u16() });
    let jobs = futures_util::future::join(scene.service.run_jobs(), second.run_jobs());
    let (booked, ((), ())) = futures_util::future::join(join_all(crowd), jobs).await;
    scene.service.run_jobs().await;
    let booked = booked.into_iter().filter(|status| *status == 201).count();
    let offered = queue.states().await.into_iter().filter(|state| state == "offered").count();
    assert_eq!(booked + offered, 1, "one has it, whoever was faster");
    let overlaps = "SELECT a.id::text AS text FROM occupancies a JOIN occupancies b
        ON a.room_id = b.room_id AND a.id < b.id AND a.active AND b.active AND a.period && b.period";
    assert_eq!(scene.texts(overlaps).await, Vec::<String>::new());
}

#[tokio::test]
async fn one_waits_only_for_what_is_taken_and_can_be_had() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let join = async |changes: Value| {
        scene.post(&customer, "/api/bookings/waitlist").json(merged(wish(&scene), changes)).send().await
    };
    join(json!({})).await.expect_problem(409, "already_free");
    scene.book(&CallerToken::default(), START, 120).await.expect(201);
    for (changes, status, code) in [
        (json!({"window_ends_at": "2027-03-10T11:00:00Z"}), 422, "invalid_window"),
        (json!({"window_ends_at": "2027-05-10T11:00:00Z"}), 422, "invalid_window"),
        (
            json!({"window_starts_at": "2027-02-10T10:00:00Z", "window_ends_at": "2027-02-10T12:00:00Z"}),
            422,
            "invalid_window",
        ),
        (json!({"window_ends_at": START}), 422, "invalid_interval"),
        (json!({"duration_minutes": 0}), 422, "validation_failed"),
        (json!({"room_id": null}), 422, "validation_failed"),
        (json!({"studio_id": scene.studio_id}), 422, "validation_failed"),
        (json!({"room_id": kernel::RoomId::new()}), 404, "not_found"),
    ] {
        join(changes.clone()).await.expect_problem(status, code);
    }
    let entry = join(json!({})).await.expect(201);
    let stranger = CallerToken::default();
    let path = format!("/api/bookings/waitlist/{}", id(&entry));
    scene.get(&stranger, &path).send().await.expect_problem(404, "not_found");
    let listed = scene.get(&scene.owner, &format!("/api/bookings/waitlist?company_id={}", scene.company_id));
    assert_eq!(listed.send().await.expect(200)["data"][0]["id"], entry["id"]);
    scene.post(&scene.owner, &format!("{path}/accept")).send().await.expect_problem(404, "not_found");

    let request = Scene::with(json!({"booking_mode": "request"}), json!({})).await;
    let refused = request.post(&customer, "/api/bookings/waitlist").json(wish(&request)).send().await;
    refused.expect_problem(409, "room_on_request");
}

/// A blackout that goes frees its time as a booking does.
#[tokio::test]
async fn a_blackout_that_is_removed_is_offered_to_whoever_waits_in_it() {
    let scene = Scene::start().await;
    let blackouts = format!("/api/studios/{}/blackouts", scene.studio_id);
    let mut closed = Vec::new();
    for day in ["2027-03-10", "2027-03-12"] {
        closed.push(scene.as_owner(&blackouts).json(json!({"first_day": day})).send().await.expect(201));
    }
    let customer = CallerToken::default();
    let entry = scene.post(&customer, "/api/bookings/waitlist").json(wish(&scene)).send().await.expect(201);
    let state = async || {
        scene.service.run_jobs().await;
        let path = format!("/api/bookings/waitlist/{}", id(&entry));
        scene.get(&customer, &path).send().await.expect(200)["state"].clone()
    };
    // Another day's, and one that comes and goes, change nothing.
    let remove = async |blackout: &Value| {
        let path = format!("{blackouts}/{}", id(blackout));
        scene.delete(&scene.owner, &path).send().await.expect(204);
    };
    remove(&closed[1]).await;
    let twice = scene.as_owner(&blackouts).json(json!({"first_day": "2027-03-10"})).send().await.expect(201);
    remove(&twice).await;
    assert_eq!(state().await, "waiting");
    remove(&closed[0]).await;
    assert_eq!(state().await, "offered");
}

/// However many rooms a studio had before: those that are gone neither hide the others nor are waited for.
#[tokio::test]
async fn rooms_that_are_gone_do_not_hide_those_that_are_there() {
    let scene = Scene::start().await;
    let copy = "INSERT INTO rooms (id, studio_id, company_id, name, capacity, min_duration_minutes, slot_step_minutes,
            turnaround_minutes, min_notice_minutes, max_advance_days, hold_minutes, free_cancellation_minutes, booking_mode,
            created_at, updated_at, deleted_at)
        SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, studio_id, company_id, name, capacity,
            min_duration_minutes, slot_step_minutes, turnaround_minutes, min_notice_minutes, max_advance_days, hold_minutes,
            free_cancellation_minutes, booking_mode, created_at, updated_at, now()
        FROM rooms, generate_series(1, 201) AS n";
    scene.execute(copy).await.unwrap();
    let holder = CallerToken::default();
    let booking = scene.book(&holder, START, 120).await.expect(201);
    let customer = CallerToken::default();
    let any = merged(wish(&scene), json!({"room_id": null, "studio_id": scene.studio_id}));
    let entry = scene.post(&customer, "/api/bookings/waitlist").json(any).send().await.expect(201);
    scene.act(&holder, &booking, "cancel").await.expect(200);
    scene.service.run_jobs().await;
    let path = format!("/api/bookings/waitlist/{}", id(&entry));
    assert_eq!(scene.get(&customer, &path).send().await.expect(200)["state"], "offered");
}
