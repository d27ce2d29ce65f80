use contracts::booking::v1::{BookingCancelled, BookingHeld};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, id, merged};

/// A Tuesday evening in Berlin, a week before the clocks change.
fn weekly(scene: &Scene, count: usize) -> Value {
    json!({
        "room_id": scene.room_id, "starts_at": "2027-03-23T19:00", "duration_minutes": 120,
        "rule": format!("FREQ=WEEKLY;COUNT={count}"),
    })
}

async fn create(scene: &Scene, customer: &CallerToken, body: Value) -> TestResponse {
    let key = kernel::new_uuid().to_string();
    scene.post(customer, "/api/bookings/series").idempotency_key(&key).json(body).send().await
}

async fn act(scene: &Scene, caller: &CallerToken, series: &Value, action: &str, body: Value) -> TestResponse {
    scene.post(caller, &format!("/api/bookings/series/{}/{action}", id(series))).json(body).send().await
}

async fn fill(scene: &Scene, caller: &CallerToken, series: &Value) -> TestResponse {
    let key = kernel::new_uuid().to_string();
    let path = format!("/api/bookings/series/{}/fill", id(series));
    scene.post(caller, &path).idempotency_key(&key).send().await
}

fn column<'v>(series: &'v Value, name: &str) -> Vec<&'v Value> {
    series["dates"].as_array().unwrap().iter().map(|date| &date[name]).collect()
}

#[tokio::test]
async fn a_series_keeps_its_time_on_the_clock_over_the_change_of_the_clocks() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let series = create(&scene, &customer, weekly(&scene, 3)).await.expect(201);
    let local = column(&series, "local_starts_at");
    assert_eq!(local, ["2027-03-23T19:00:00+01:00", "2027-03-30T19:00:00+02:00", "2027-04-06T19:00:00+02:00"]);
    let instants = column(&series, "starts_at");
    assert_eq!(instants, ["2027-03-23T18:00:00Z", "2027-03-30T17:00:00Z", "2027-04-06T17:00:00Z"]);
    assert_eq!((&series["time_zone"], &series["duration_minutes"]), (&json!("Europe/Berlin"), &json!(120)));
    // Each date is an ordinary booking, and is paid like one.
    assert_eq!(scene.service.events::<BookingHeld>().await.len(), 3);
    let first = json!({"id": series["dates"][0]["booking_id"]});
    let booking = scene.booking_of(&customer, &first).await;
    assert_eq!((&booking["series_id"], &booking["status"]), (&series["id"], &json!("held")));
    assert_eq!(scene.pay_and_read(&customer, &booking).await["status"], "confirmed");
    let read = scene.get(&customer, &format!("/api/bookings/series/{}", id(&series))).send().await.expect(200);
    assert_eq!(column(&read, "booking_status"), ["confirmed", "held", "held"]);
}

#[tokio::test]
async fn a_date_in_the_gap_begins_after_it_and_lasts_as_long() {
    let scene = Scene::start().await;
    let body = json!({
        "room_id": scene.room_id, "starts_at": "2027-03-27T02:30", "duration_minutes": 60, "rule": "FREQ=DAILY;COUNT=3",
    });
    let series = create(&scene, &CallerToken::default(), body).await.expect(201);
    let local = column(&series, "local_starts_at");
    assert_eq!(local, ["2027-03-27T02:30:00+01:00", "2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"]);
    assert_eq!(series["dates"][1]["local_ends_at"], "2027-03-28T04:00:00+02:00");
}

#[tokio::test]
async fn a_preview_names_conflicts_and_prices_and_books_nothing() {
    let scene = Scene::start().await;
    scene.book(&CallerToken::default(), "2027-03-30T17:30:00Z", 60).await.expect(201);
    let preview = scene.service.post("/api/bookings/series/preview").json(weekly(&scene, 3)).send().await.expect(200);
    assert_eq!(column(&preview, "available"), [true, false, true]);
    assert_eq!(preview["dates"][1]["reasons"], json!(["occupied"]));
    assert_eq!(column(&preview, "price")[0]["amount"], 4760);
    assert_eq!(preview["total"], json!({"amount": 9520, "currency": "EUR"}));
    assert!(scene.is_available("2027-03-23T18:00:00Z", 120).await);
}

#[tokio::test]
async fn all_or_nothing_leaves_nothing_behind_and_skipping_books_the_rest() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let taken = scene.book(&CallerToken::default(), "2027-03-30T17:30:00Z", 60).await.expect(201);
    let refused = create(&scene, &customer, weekly(&scene, 3)).await;
    assert_eq!(refused.expect_problem(409, "series_conflict")["errors"][0]["pointer"], "/dates/2");
    assert!(scene.is_available("2027-03-23T18:00:00Z", 120).await, "nothing was half-booked");
    assert_eq!(scene.service.events::<BookingHeld>().await.len(), 1);

    let skipping = merged(weekly(&scene, 3), json!({"on_conflict": "skip"}));
    let series = create(&scene, &customer, skipping.clone()).await.expect(201);
    assert_eq!(column(&series, "state"), ["booked", "skipped", "booked"]);
    assert_eq!(series["dates"][1]["skipped_because"], "slot_taken");
    create(&scene, &CallerToken::default(), skipping).await.expect_problem(409, "series_conflict");

    // What was skipped is filled when it has become free.
    let again = fill(&scene, &customer, &series).await.expect(200);
    assert_eq!(again["failed"], json!([{"number": 2, "code": "slot_taken"}]));
    scene.act(&scene.owner, &taken, "cancel").await.expect(200);
    let filled = fill(&scene, &customer, &series).await.expect(200);
    assert_eq!((column(&filled, "state"), &filled["failed"]), (vec![&json!("booked"); 3], &json!([])));
    assert!(!scene.is_available("2027-03-30T17:00:00Z", 120).await);
}

#[tokio::test]
async fn one_date_those_after_it_or_all_are_cancelled() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let series = create(&scene, &customer, weekly(&scene, 4)).await.expect(201);
    let statuses = |series: &Value| -> Vec<String> {
        column(series, "booking_status").into_iter().map(|status| status.as_str().unwrap().to_owned()).collect()
    };
    let one = act(&scene, &customer, &series, "cancel", json!({"scope": "one", "number": 2})).await.expect(200);
    assert_eq!(statuses(&one), ["held", "cancelled", "held", "held"]);
    let rest = act(&scene, &customer, &series, "cancel", json!({"scope": "following", "number": 3})).await.expect(200);
    assert_eq!(statuses(&rest), ["held", "cancelled", "cancelled", "cancelled"]);
    let all =
        act(&scene, &scene.owner, &series, "cancel", json!({"scope": "all", "reason": "Flood"})).await.expect(200);
    assert_eq!(statuses(&all), ["cancelled"; 4]);
    let told = scene.service.events::<BookingCancelled>().await;
    assert_eq!((told.len(), told[3].cancelled_by.as_str(), told[3].reason.as_str()), (4, "company", "Flood"));
    let nowhere = act(&scene, &customer, &series, "cancel", json!({"scope": "one", "number": 9})).await;
    nowhere.expect_problem(422, "no_such_date");
    act(&scene, &customer, &series, "cancel", json!({"scope": "one"})).await.expect_problem(422, "validation_failed");
    let stranger = CallerToken::default();
    act(&scene, &stranger, &series, "cancel", json!({"scope": "all"})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn dates_are_moved_together_or_stay() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let series = create(&scene, &customer, weekly(&scene, 3)).await.expect(201);
    let later = json!({"scope": "following", "number": 2, "starts": "20:30", "duration_minutes": 60});
    let moved = act(&scene, &customer, &series, "edit", later).await.expect(200);
    let local = column(&moved, "local_starts_at");
    assert_eq!(local, ["2027-03-23T19:00:00+01:00", "2027-03-30T20:30:00+02:00", "2027-04-06T20:30:00+02:00"]);
    assert_eq!(moved["dates"][1]["total"]["amount"], 2380);
    assert_eq!(column(&moved, "booking_id"), column(&series, "booking_id"), "the bookings keep their ids");

    // Wednesday of the second week is taken: none is moved, or the others are.
    scene.book(&CallerToken::default(), "2027-03-31T18:00:00Z", 120).await.expect(201);
    let wednesdays = json!({"scope": "all", "days_later": 1});
    let refused = act(&scene, &customer, &series, "edit", wednesdays.clone()).await;
    assert_eq!(refused.expect_problem(409, "series_conflict")["errors"][0]["pointer"], "/dates/2");
    let skipping = merged(wednesdays, json!({"on_conflict": "skip"}));
    let moved = act(&scene, &customer, &series, "edit", skipping).await.expect(200);
    let local = column(&moved, "local_starts_at");
    assert_eq!(local, ["2027-03-24T19:00:00+01:00", "2027-03-30T20:30:00+02:00", "2027-04-07T20:30:00+02:00"]);
    assert_eq!(moved["failed"], json!([{"number": 2, "code": "slot_taken"}]));
}

#[tokio::test]
async fn a_daily_series_moves_onto_its_own_days() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let daily = merged(weekly(&scene, 3), json!({"rule": "FREQ=DAILY;COUNT=3"}));
    let series = create(&scene, &customer, daily).await.expect(201);
    for (days_later, first) in [(1, "2027-03-24T19:00:00+01:00"), (-1, "2027-03-23T19:00:00+01:00")] {
        let body = json!({"scope": "all", "days_later": days_later});
        let moved = act(&scene, &customer, &series, "edit", body).await.expect(200);
        assert_eq!(moved["dates"][0]["local_starts_at"], first);
    }
}

#[tokio::test]
async fn rules_and_lengths_are_checked() {
    let scene = Scene::start().await;
    for (changes, status, code) in [
        (json!({"rule": "FREQ=WEEKLY"}), 422, "invalid_rule"),
        (json!({"rule": "FREQ=DAILY;COUNT=61"}), 422, "invalid_rule"),
        (json!({"rule": "FREQ=MINUTELY;COUNT=2"}), 422, "invalid_rule"),
        (json!({"rule": "often"}), 422, "invalid_rule"),
        (json!({"rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=2"}), 422, "invalid_rule"),
        (json!({"duration_minutes": 0}), 422, "validation_failed"),
        (json!({"starts_at": "2027-03-28T02:30"}), 422, "nonexistent_local_time"),
        (json!({"starts_at": "2027-03-23T19:00:30"}), 422, "invalid_interval"),
        (json!({"room_id": kernel::RoomId::new()}), 404, "not_found"),
        (json!({"room_id": null}), 422, "validation_failed"),
    ] {
        let body = merged(weekly(&scene, 3), changes.clone());
        let preview = scene.service.post("/api/bookings/series/preview").json(body.clone()).send().await;
        preview.expect_problem(status, code);
        create(&scene, &CallerToken::default(), body).await.expect_problem(status, code);
    }
}

#[tokio::test]
async fn staff_book_series_for_guests_and_customers_see_their_own() {
    let scene = Scene::start().await;
    let guest = json!({"customer": {"name": "The Kellers"}, "payment": "at_desk"});
    let series = create(&scene, &scene.owner, merged(weekly(&scene, 2), guest)).await.expect(201);
    assert_eq!(series["customer_id"], Value::Null);
    let listed = scene.get(&scene.owner, &format!("/api/bookings/series?company_id={}", scene.company_id));
    assert_eq!(listed.send().await.expect(200)["data"][0]["id"], series["id"]);
    let customer = CallerToken::default();
    let own = create(&scene, &customer, merged(weekly(&scene, 2), json!({"starts_at": "2027-03-24T19:00"}))).await;
    let own = own.expect(201);
    let mine = scene.get(&customer, "/api/bookings/series").send().await.expect(200);
    assert_eq!((mine["data"].as_array().unwrap().len(), &mine["data"][0]["id"]), (1, &own["id"]));
    scene
        .get(&customer, &format!("/api/bookings/series/{}", id(&series)))
        .send()
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_10_series_for_the_same_dates_one_is_booked_whole() {
    let scene = Scene::start().await;
    let customers: Vec<CallerToken> = (0..10).map(|_| CallerToken::default()).collect();
    let answers = join_all(customers.iter().map(|customer| create(&scene, customer, weekly(&scene, 5)))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 9]].concat());
    assert_eq!(scene.service.events::<BookingHeld>().await.len(), 5);
}
