use std::collections::BTreeSet;

use contracts::booking::v1::{BookingConfirmed, BookingHeld};
use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use kernel::PaymentId;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse, TestService, budget};

use crate::scene::{Scene, id};

const START: &str = "2027-03-10T10:00:00Z";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(service: &TestService, query: &str) -> i64 {
    let mut conn = service.db.conn().await.unwrap();
    diesel::sql_query(query).get_result::<Count>(&mut *conn).await.unwrap().count
}

/// Does not rely on the constraint.
const OVERLAPS: &str = "SELECT count(*) FROM occupancies a JOIN occupancies b
    ON a.room_id = b.room_id AND a.id < b.id AND a.active AND b.active AND a.period && b.period";

fn statuses(answers: &[TestResponse]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

/// A second process on the same database.
async fn another(scene: &Scene) -> TestService {
    TestService::builder(booking::service()).on_database(scene.service.database()).start().await
}

async fn post(service: &TestService, customer: &CallerToken, key: &str, body: &Value) -> TestResponse {
    let token = service.token(customer);
    service.post("/api/bookings").bearer(&token).idempotency_key(key).json(body.clone()).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_clients_for_one_slot_one_gets_it() {
    let scene = Scene::start().await;
    let body = scene.booking(START, 60);
    let customers: Vec<CallerToken> = (0..200).map(|_| CallerToken::default()).collect();
    let answers = join_all(customers.iter().map(|customer| post(&scene.service, customer, "key", &body))).await;
    assert_eq!(statuses(&answers), [vec![201], vec![409; 199]].concat());
    let refused = answers.iter().filter(|answer| answer.status == 409);
    assert!(refused.map(TestResponse::json).all(|problem| problem["code"] == "slot_taken"));
    assert_eq!(scene.service.events::<BookingHeld>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_clients_of_two_processes_for_one_slot_one_gets_it() {
    let scene = Scene::start().await;
    let second = another(&scene).await;
    let body = scene.booking(START, 60);
    let customers: Vec<CallerToken> = (0..200).map(|_| CallerToken::default()).collect();
    let both = customers.iter().enumerate().map(|(index, customer)| {
        let service = if index % 2 == 0 { &scene.service } else { &second };
        post(service, customer, "key", &body)
    });
    assert_eq!(statuses(&join_all(both).await), [vec![201], vec![409; 199]].concat());
    assert_eq!(scene.service.events::<BookingHeld>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_50_times_at_once_makes_one_booking_and_one_answer() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let body = scene.booking(START, 60);
    let answers = join_all((0..50).map(|_| post(&scene.service, &customer, "once", &body))).await;
    let made: BTreeSet<&str> =
        answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.text.as_str()).collect();
    assert_eq!(made.len(), 1, "identical bodies");
    let others = answers.iter().filter(|answer| answer.status != 201).map(TestResponse::json);
    assert!(others.into_iter().all(|problem| problem["code"] == "idempotency_in_progress"));
    assert_eq!(count(&scene.service, "SELECT count(*) FROM bookings").await, 1);
    assert_eq!(scene.service.events::<BookingHeld>().await.len(), 1);
}

/// A small generator, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What a client asked for, with the turnaround, and what it was told.
struct Asked {
    starts_at: i64,
    ends_at: i64,
    status: u16,
}

#[tokio::test(flavor = "multi_thread")]
async fn random_intervals_on_two_processes_never_overlap() {
    let scene = Scene::with(json!({"turnaround_minutes": 15}), json!({})).await;
    let second = another(&scene).await;
    let (clients, steps) = (budget(16, 64), budget(25, 157));
    let clients = (0..clients as u64).map(|client| {
        let service = if client % 2 == 0 { &scene.service } else { &second };
        let scene = &scene;
        async move {
            let (mut dice, customer, mut told) = (Dice(client + 1), CallerToken::default(), Vec::new());
            for step in 0..steps {
                let start = 1_804_672_800 + 1800 * i64::try_from(dice.up_to(200)).unwrap();
                let minutes = 60 + 30 * i64::try_from(dice.up_to(6)).unwrap();
                let body = scene.booking(&jiff::Timestamp::from_second(start).unwrap().to_string(), minutes);
                let answer = post(service, &customer, &format!("k{step}"), &body).await;
                if answer.status == 201 && dice.up_to(4) == 0 {
                    let path = format!("/api/bookings/{}/cancel", id(&answer.json()));
                    service.post(&path).bearer(&service.token(&customer)).send().await.expect(200);
                }
                let status = answer.status.as_u16();
                told.push(Asked { starts_at: start, ends_at: start + 60 * (minutes + 15), status });
            }
            told
        }
    });
    let told: Vec<Asked> = join_all(clients).await.into_iter().flatten().collect();
    let seen: BTreeSet<u16> = told.iter().map(|asked| asked.status).collect();
    assert_eq!(seen, BTreeSet::from([201, 409]), "neither a deadlock nor anything else leaks");
    let (accepted, refused): (Vec<&Asked>, Vec<&Asked>) = told.iter().partition(|asked| asked.status == 201);
    let overlaps = |a: &Asked, b: &Asked| a.starts_at < b.ends_at && b.starts_at < a.ends_at;
    let unfounded = refused.iter().filter(|refused| !accepted.iter().any(|accepted| overlaps(accepted, refused)));
    assert_eq!(unfounded.count(), 0, "every refusal overlaps something that was accepted");
    assert_eq!(count(&scene.service, OVERLAPS).await, 0);
    let made = count(&scene.service, "SELECT count(*) FROM bookings").await;
    assert_eq!(made, i64::try_from(accepted.len()).unwrap());
    let active = "SELECT count(*) FROM occupancies o JOIN bookings b ON b.id = o.booking_id
        WHERE o.active <> (b.status = 'held')";
    assert_eq!(count(&scene.service, active).await, 0);
}

#[tokio::test]
async fn the_database_itself_refuses_an_overlap() {
    let scene = Scene::start().await;
    scene.book(&CallerToken::default(), START, 60).await.expect(201);
    let mut conn = scene.service.db.conn().await.unwrap();
    let room: kernel::RoomId = scene.room_id.parse().unwrap();
    let insert = format!(
        "INSERT INTO occupancies (id, room_id, period, kind, active) VALUES (gen_random_uuid(), '{}',
         tstzrange('2027-03-10T10:30:00Z', '2027-03-10T10:31:00Z'), 'blackout', true)",
        room.uuid()
    );
    let error = diesel::sql_query(insert).execute(&mut *conn).await.unwrap_err();
    assert_eq!(store::violated_constraint(&error), Some("occupancies_no_overlap"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_overlapping_requests_one_is_agreed_to() {
    let scene = Scene::with(json!({"booking_mode": "request"}), json!({})).await;
    let mut requests = Vec::new();
    for minutes in [60, 90, 120, 150, 180, 210] {
        requests.push(scene.book(&CallerToken::default(), START, minutes).await.expect(201));
    }
    let answers = join_all(requests.iter().map(|request| scene.act(&scene.owner, request, "confirm"))).await;
    assert_eq!(statuses(&answers), [200, 409, 409, 409, 409, 409]);
    assert_eq!(count(&scene.service, OVERLAPS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payment_heard_of_20_times_at_once_confirms_once() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let payment_id = PaymentId::new();
    join_all((0..20).map(|_| scene.pay_as(&booking, payment_id, 2380))).await;
    assert_eq!(scene.service.events::<BookingConfirmed>().await.len(), 1);
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_paid"]["amount"], 2380);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_of_one_booking_leave_one_history() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let cancels = (0..10).map(|_| async { scene.act(&customer, &booking, "cancel").await.status.as_u16() });
    let payments = (0..5).map(|_| async {
        scene.pay(&booking, 2380).await;
        200
    });
    let (cancelled, _) = futures_util::future::join(join_all(cancels), join_all(payments)).await;
    assert_eq!(cancelled, vec![200; 10]);
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "cancelled");
    let gaps = "SELECT count(*) FROM (SELECT version, ordinal, lag(version) OVER (ORDER BY version, ordinal) AS before
        FROM outbox WHERE aggregate_type = 'booking') v WHERE version - before > 1 OR (version = before AND ordinal = 0)";
    assert_eq!(count(&scene.service, gaps).await, 0);
    // Every payment either counts or goes back.
    let known = "SELECT count(*) FROM booking_payments";
    assert_eq!(count(&scene.service, known).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_sweep_each_hold_once() {
    let scene = Scene::start().await;
    let second = another(&scene).await;
    for hour in 10..20 {
        scene.book(&CallerToken::default(), &format!("2027-03-10T{hour}:00:00Z"), 60).await.expect(201);
    }
    let both = [scene.service.advance_secs(1801), second.advance_secs(1801)];
    join_all(both).await;
    assert_eq!(count(&scene.service, "SELECT count(*) FROM bookings WHERE status = 'expired'").await, 10);
    let told = "SELECT count(*) FROM outbox WHERE event_type = 'booking.booking_expired.v1'";
    assert_eq!(count(&scene.service, told).await, 10);
}

/// The rooms' locks are different ones: what keeps the customer to the limit is a lock of their own.
#[tokio::test(flavor = "multi_thread")]
async fn no_mixture_of_rooms_gets_a_customer_more_holds_than_allowed() {
    let limited = || TestService::builder(booking::service()).setting("booking_max_open_holds", "3");
    let scene = Scene::on(limited().start().await, json!({}), json!({})).await;
    let second = limited().on_database(scene.service.database()).start().await;
    let mut rooms = vec![scene.room_id.clone()];
    for number in 1..10 {
        let room_id = scene.create_room(json!({"name": format!("Room {number}")})).await;
        scene.set_prices(&room_id, json!({})).await.expect(200);
        rooms.push(room_id);
    }
    for day in 0..budget(5, 40) {
        let customer = &CallerToken::default();
        let start = crate::scene::at(START) + jiff::SignedDuration::from_hours(24 * day as i64);
        let end = start + jiff::SignedDuration::from_hours(1);
        let asked = rooms.iter().enumerate().map(|(index, room_id)| {
            let service = if index % 2 == 0 { &scene.service } else { &second };
            let body = if index == 4 {
                // The last room too, so that the locks of rooms are taken in one order only if somebody sees to it.
                json!({"room_ids": [rooms[9], room_id], "starts_at": start, "ends_at": end})
            } else {
                json!({"room_id": room_id, "starts_at": start, "ends_at": end})
            };
            async move { post(service, customer, &format!("{day} {index}"), &body).await }
        });
        let answers = join_all(asked).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 3, "{day}: {:?}", statuses(&answers));
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            let code = refused.json()["code"].clone();
            assert!(code == "too_many_holds" || code == "slot_taken", "{}", refused.text);
        }
    }
}
