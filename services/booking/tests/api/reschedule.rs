use contracts::{
    billing::v1::RefundSucceeded,
    booking::v1::{BookingConfirmed, BookingRescheduled},
};
use futures_util::future::join_all;
use kernel::RefundId;
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, at, id, payable};

const START: &str = "2027-03-10T10:00:00Z";
const LATER: &str = "2027-03-12T10:00:00Z";

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn ask(scene: &Scene, caller: &CallerToken, booking: &Value, what: &str, body: Value) -> TestResponse {
    scene.post(caller, &format!("/api/bookings/{}/{what}", id(booking))).json(body).send().await
}

fn to(start: &str, minutes: i64) -> Value {
    let start = at(start);
    json!({"starts_at": start, "ends_at": start + jiff::SignedDuration::from_mins(minutes)})
}

async fn moved(scene: &Scene, caller: &CallerToken, booking: &Value, start: &str, minutes: i64) -> TestResponse {
    ask(scene, caller, booking, "reschedule", to(start, minutes)).await
}

#[tokio::test]
async fn a_move_keeps_the_id_and_frees_the_old_time() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let paid = scene.pay_and_read(&customer, &booking).await;
    let there = moved(&scene, &customer, &booking, LATER, 60).await.expect(200);
    assert_eq!((&there["id"], &there["status"]), (&booking["id"], &json!("confirmed")));
    assert_eq!(there["version"].as_i64(), paid["version"].as_i64().map(|version| version + 1));
    assert_eq!(there["local_starts_at"], "2027-03-12T11:00:00+01:00");
    assert!(scene.is_available(START, 60).await && !scene.is_available(LATER, 60).await);
    let told = scene.service.events::<BookingRescheduled>().await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].previous_starts_at_micros, told[0].refund_amount), (at(START).as_microsecond(), 0));
    assert_eq!(told[0].rescheduled_by, "customer");
    assert_eq!(told[0].booking.as_ref().unwrap().starts_at_micros, at(LATER).as_microsecond());
    // To where it is already: nothing happens.
    let again = moved(&scene, &customer, &booking, LATER, 60).await.expect(200);
    assert_eq!(again["version"], there["version"]);
}

#[tokio::test]
async fn its_own_old_time_does_not_block_it() {
    let scene = Scene::with(json!({"turnaround_minutes": 30}), json!({})).await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 120).await.expect(201);
    moved(&scene, &customer, &booking, "2027-03-10T11:00:00Z", 120).await.expect(200);
    moved(&scene, &customer, &booking, "2027-03-10T10:30:00Z", 180).await.expect(200);
    scene.book(&customer, START, 60).await.expect_problem(409, "slot_taken");
    scene.book(&customer, "2027-03-10T14:00:00Z", 60).await.expect(201);
}

#[tokio::test]
async fn a_failed_move_leaves_the_old_slot_held() {
    let scene = Scene::start().await;
    let (customer, other) = (CallerToken::default(), CallerToken::default());
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.book(&other, LATER, 60).await.expect(201);
    for what in ["reschedule", "reschedule-quote"] {
        ask(&scene, &customer, &booking, what, to(LATER, 60)).await.expect_problem(409, "slot_taken");
        ask(&scene, &customer, &booking, what, to("2027-02-10T10:00:00Z", 60)).await.expect_problem(422, "past");
        ask(&scene, &customer, &booking, what, to(LATER, 30)).await.expect_problem(422, "too_short");
        ask(&scene, &other, &booking, what, to(START, 90)).await.expect_problem(404, "not_found");
    }
    assert_eq!(scene.booking_of(&customer, &booking).await, booking);
    scene.book(&other, START, 60).await.expect_problem(409, "slot_taken");
}

#[tokio::test]
async fn the_difference_is_quoted_and_then_due_or_given_back() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 120).await.expect(201);
    let payment_id = scene.pay(&booking, 4760).await;
    let quote = ask(&scene, &customer, &booking, "reschedule-quote", to(LATER, 180)).await.expect(200);
    assert_eq!((&quote["difference"], &quote["amount_due"], &quote["refund"]), (&eur(2380), &eur(2380), &eur(0)));
    let longer = moved(&scene, &customer, &booking, LATER, 180).await.expect(200);
    assert_eq!((&longer["amount_due"], &longer["status"]), (&eur(2380), &json!("confirmed")));
    scene.pay(&booking, 2380).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_due"], eur(0));

    let quote = ask(&scene, &customer, &booking, "reschedule-quote", to(LATER, 60)).await.expect(200);
    assert_eq!((&quote["difference"], &quote["amount_due"], &quote["refund"]), (&eur(-4760), &eur(0), &eur(4760)));
    let shorter = moved(&scene, &customer, &booking, LATER, 60).await.expect(200);
    assert_eq!((&shorter["amount_paid"], &shorter["amount_due"]), (&eur(7140), &eur(0)));
    let told = scene.service.events::<BookingRescheduled>().await;
    assert_eq!((told[1].refund_amount, told[1].booking.as_ref().unwrap().credited), (4760, 4760));
    // Whether or not the money has gone out, a cancellation gives back what is left, once.
    let left = scene.get(&scene.owner, &format!("/api/bookings/{}/cancellation-quote", id(&booking)));
    assert_eq!(left.send().await.expect(200)["refund"], eur(2380));
    let refund = RefundSucceeded {
        refund_id: RefundId::new().to_string(),
        payment_id: payment_id.to_string(),
        payable: payable(&booking),
        currency: "EUR".into(),
        amount: 4760,
        ..RefundSucceeded::default()
    };
    scene.service.deliver(kernel::new_uuid(), 5, &refund).await;
    let cancelled = scene.act(&scene.owner, &booking, "cancel").await.expect(200);
    assert_eq!(cancelled["cancellation"]["refund"], eur(2380));
}

#[tokio::test]
async fn refund_tiers_count_from_the_original_start() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    // 24 hours before the start half of it comes back; moved a year ahead it would be all.
    let booking = scene.book(&customer, "2027-03-02T12:00:00Z", 60).await.expect(201);
    scene.pay(&booking, 2380).await;
    moved(&scene, &customer, &booking, "2027-12-01T12:00:00Z", 60).await.expect(200);
    let cancelled = scene.act(&customer, &booking, "cancel").await.expect(200);
    assert_eq!(cancelled["cancellation"]["refund"], eur(1190));
}

/// To the original start it would be a month: everything back, after an hour in the room.
#[tokio::test]
async fn what_was_moved_to_an_earlier_day_and_has_begun_gives_nothing_back() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-04-01T10:00:00Z", 120).await.expect(201);
    scene.pay(&booking, 4760).await;
    moved(&scene, &customer, &booking, START, 120).await.expect(200);
    scene.service.advance_secs(at(START).as_second() + 3600 - scene.service.now().as_second()).await;
    let path = format!("/api/bookings/{}/cancellation-quote", id(&booking));
    assert_eq!(scene.get(&customer, &path).send().await.expect(200)["rule"]["kind"], "no_refund");
    let cancelled = scene.act(&customer, &booking, "cancel").await.expect(200);
    assert_eq!(cancelled["cancellation"]["refund"], eur(0));
}

#[tokio::test]
async fn a_move_may_change_the_room_and_takes_its_price() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let other = scene.create_room(json!({"name": "Room B"})).await;
    scene.set_prices(&other, json!({"hourly_rate": 3000})).await.expect(200);
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let mut there = to(START, 60);
    there["room_id"] = json!(other);
    let moved = ask(&scene, &customer, &booking, "reschedule", there).await.expect(200);
    assert_eq!((&moved["room_id"], &moved["price"]["total"]), (&json!(other), &eur(3570)));
    assert!(scene.is_available(START, 60).await);
    let mut both = to(START, 60);
    both["room_ids"] = json!([other, scene.room_id]);
    let moved = ask(&scene, &customer, &booking, "reschedule", both).await.expect(200);
    assert_eq!(moved["room_ids"], json!([other, scene.room_id]));
    assert_eq!(moved["price"]["total"], eur(5950));
    assert!(!scene.is_available(START, 60).await);
    let elsewhere = scene.create_studio(json!({"name": "Elsewhere"})).await.expect(201);
    scene.open_always(&id(&elsewhere)).await;
    let far = scene.create_room(json!({"studio_id": id(&elsewhere)})).await;
    scene.set_prices(&far, json!({})).await.expect(200);
    let mut there = to(START, 60);
    there["room_id"] = json!(far);
    ask(&scene, &customer, &booking, "reschedule", there).await.expect_problem(422, "several_studios");
}

#[tokio::test]
async fn what_has_begun_or_ended_stays_where_it_is() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-01T10:00:00Z", 120).await.expect(201);
    scene.pay(&booking, 4760).await;
    let lapsed = scene.book(&customer, START, 60).await.expect(201);
    scene.service.advance_secs(3600).await;
    moved(&scene, &customer, &lapsed, LATER, 60).await.expect_problem(410, "hold_expired");
    moved(&scene, &customer, &booking, LATER, 120).await.expect_problem(409, "has_begun");
    // The studio may still move what it has not checked in.
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    moved(&scene, &staff, &booking, LATER, 120).await.expect(200);
    scene.act(&customer, &booking, "cancel").await.expect(200);
    moved(&scene, &customer, &booking, LATER, 60).await.expect_problem(409, "wrong_status");
}

#[tokio::test]
async fn a_hold_that_costs_nothing_any_more_is_confirmed_by_its_move() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let free = scene.create_room(json!({"name": "Room B"})).await;
    scene.set_prices(&free, json!({"hourly_rate": 0})).await.expect(200);
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let mut there = to(START, 60);
    there["room_id"] = json!(free);
    let moved = ask(&scene, &customer, &booking, "reschedule", there).await.expect(200);
    assert_eq!(moved["status"], "confirmed");
    assert_eq!(scene.service.events::<BookingConfirmed>().await.len(), 1);
}

#[tokio::test]
async fn a_request_moves_without_taking_anything() {
    let scene = Scene::with(json!({"booking_mode": "request"}), json!({})).await;
    let customer = CallerToken::default();
    let request = scene.book(&customer, START, 60).await.expect(201);
    let moved = moved(&scene, &customer, &request, LATER, 60).await.expect(200);
    assert_eq!(moved["status"], "requested");
    assert!(scene.is_available(LATER, 60).await);
    scene.act(&scene.owner, &request, "confirm").await.expect(200);
    assert!(!scene.is_available(LATER, 60).await && scene.is_available(START, 60).await);
}

#[tokio::test]
async fn add_ons_stay_with_the_booking_and_its_own_do_not_count_against_it() {
    let add_ons = json!({"add_ons": [{"name": "Amp", "per_use": 500, "stock": 1}]});
    let scene = Scene::with(json!({}), add_ons).await;
    let customer = CallerToken::default();
    let prices = scene.service.get(&format!("/api/rooms/{}/prices", scene.room_id)).send().await.expect(200);
    let amp = json!([{"id": prices["add_ons"][0]["id"], "quantity": 1}]);
    let mut body = scene.booking(START, 60);
    body["add_ons"] = amp;
    let booking = scene.book_with(&customer, body).await.expect(201);
    let longer = moved(&scene, &customer, &booking, START, 120).await.expect(200);
    assert_eq!(longer["price"]["subtotal"], eur(4500));
    let mut without = to(START, 120);
    without["add_ons"] = json!([]);
    let without = ask(&scene, &customer, &booking, "reschedule", without).await.expect(200);
    assert_eq!(without["price"]["subtotal"], eur(4000));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_moves_at_once_swap_without_a_gap_or_an_overlap() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let mut bookings = Vec::new();
    for hour in 8..14 {
        bookings.push(scene.book(&customer, &format!("2027-03-10T{hour:02}:00:00Z"), 60).await.expect(201));
    }
    let starts: Vec<String> = (0..48).map(|turn| format!("2027-03-10T{:02}:00:00Z", 8 + (turn * 7) % 9)).collect();
    let moves = starts
        .iter()
        .enumerate()
        .map(|(turn, start)| moved(&scene, &customer, &bookings[turn % bookings.len()], start, 60));
    let statuses: Vec<u16> = join_all(moves).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    let overlaps = "SELECT a.id::text AS text FROM occupancies a JOIN occupancies b
        ON a.room_id = b.room_id AND a.id < b.id AND a.active AND b.active AND a.period && b.period";
    assert_eq!(scene.texts(overlaps).await, Vec::<String>::new());
    let astray = "SELECT b.id::text AS text FROM bookings b LEFT JOIN occupancies o
        ON o.booking_id = b.id AND o.active AND lower(o.period) = b.starts_at WHERE o.id IS NULL";
    assert_eq!(scene.texts(astray).await, Vec::<String>::new());
}
