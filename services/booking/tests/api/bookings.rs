use contracts::booking::v1::{BookingConfirmed, BookingDeclined, BookingExpired, BookingHeld, BookingRequested};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, at, id};

const START: &str = "2027-03-10T10:00:00Z";

#[tokio::test]
async fn a_booking_is_held_with_its_price_and_told() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let mut body = scene.booking(START, 120);
    body["note"] = json!("  We bring our own drums ");
    let booking = scene.book_with(&customer, body).await.expect(201);
    assert_eq!(booking["status"], "held");
    assert_eq!(booking["customer_id"], json!(customer.user_id()));
    assert_eq!(booking["company_id"], json!(scene.company_id));
    assert_eq!(booking["local_starts_at"], "2027-03-10T11:00:00+01:00");
    assert_eq!(booking["local_ends_at"], "2027-03-10T13:00:00+01:00");
    assert_eq!(booking["price"]["total"], json!({"amount": 4760, "currency": "EUR"}));
    assert_eq!(booking["amount_paid"], json!({"amount": 0, "currency": "EUR"}));
    assert_eq!(booking["note"], "We bring our own drums");
    let held_for =
        at(booking["hold_expires_at"].as_str().unwrap()).duration_since(at(booking["created_at"].as_str().unwrap()));
    assert_eq!(held_for.as_mins(), 30);
    assert_eq!(scene.booking_of(&customer, &booking).await, booking);

    let told = scene.service.events::<BookingHeld>().await;
    let [BookingHeld { booking: Some(state) }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((state.booking_id.as_str(), state.version, state.status.as_str()), (id(&booking).as_str(), 1, "held"));
    assert_eq!((state.subtotal, state.tax, state.total, state.deposit_due), (4000, 760, 4760, 0));
    assert_eq!((state.studio_name.as_str(), state.room_name.as_str()), ("Klangraum Mitte", "Room A"));
    assert_eq!((state.company_country.as_str(), state.time_zone.as_str()), ("DE", "Europe/Berlin"));
    assert_eq!(state.starts_at_micros, at(START).as_microsecond());
}

#[tokio::test]
async fn a_taken_slot_is_refused_and_touching_bookings_are_not() {
    let scene = Scene::with(json!({"turnaround_minutes": 30}), json!({})).await;
    let customer = CallerToken::default();
    scene.book(&customer, START, 120).await.expect(201);
    for (start, minutes) in [
        (START, 120),
        ("2027-03-10T09:00:00Z", 60), // its turnaround runs into the booking
        ("2027-03-10T11:30:00Z", 60),
        ("2027-03-10T12:00:00Z", 60), // the booking's turnaround
        ("2027-03-10T08:00:00Z", 600),
    ] {
        scene.book(&customer, start, minutes).await.expect_problem(409, "slot_taken");
    }
    scene.book(&customer, "2027-03-10T08:30:00Z", 60).await.expect(201);
    scene.book(&customer, "2027-03-10T12:30:00Z", 60).await.expect(201);
}

#[tokio::test]
async fn what_the_rules_forbid_is_named_and_leaves_nothing() {
    let scene = Scene::with(json!({"max_advance_days": 30, "min_notice_minutes": 60}), json!({})).await;
    let customer = CallerToken::default();
    for (start, minutes, code) in [
        ("2027-02-01T10:00:00Z", 60, "past"),
        ("2027-03-01T09:30:00Z", 60, "too_soon"),
        ("2027-06-01T10:00:00Z", 60, "too_far"),
        (START, 30, "too_short"),
        (START, 1500, "too_long"),
        ("2027-03-10T10:10:00Z", 60, "off_step"),
    ] {
        scene.book(&customer, start, minutes).await.expect_problem(422, code);
    }
    let hours = format!("/api/studios/{}/operating-hours", scene.studio_id);
    scene.as_owner(&hours).json(json!({"hours": []})).send().await.expect(200);
    scene.book(&customer, START, 60).await.expect_problem(422, "closed");
    assert_eq!(scene.service.event_types().await, Vec::<String>::new());
    let mine = scene.get(&customer, "/api/bookings/my").send().await.expect(200);
    assert_eq!(mine["data"], json!([]));
}

#[tokio::test]
async fn a_key_is_needed_and_makes_one_booking() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let body = scene.booking(START, 60);
    let request = || scene.post(&customer, "/api/bookings");
    request().json(body.clone()).send().await.expect_problem(400, "idempotency_key_required");
    let first = request().idempotency_key("k1").json(body.clone()).send().await;
    let again = request().idempotency_key("\"k1\"").json(body.clone()).send().await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.text, again.text, "although the slot is taken by now");
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = scene.booking(START, 120);
    request().idempotency_key("k1").json(other).send().await.expect_problem(422, "idempotency_key_reused");
    // Keys are the caller's own, and a refused request may be sent again.
    let stranger = CallerToken::default();
    let by_stranger = scene.post(&stranger, "/api/bookings").idempotency_key("k1").json(body.clone()).send().await;
    by_stranger.expect_problem(409, "slot_taken");
    scene.act(&customer, &first.json(), "cancel").await.expect(200);
    scene.post(&stranger, "/api/bookings").idempotency_key("k1").json(body).send().await.expect(201);
}

#[tokio::test]
async fn a_hold_is_free_at_the_instant_it_expires() {
    let scene = Scene::start().await;
    let (first, second) = (CallerToken::default(), CallerToken::default());
    let held = scene.book(&first, START, 60).await.expect(201);
    let until = at(held["hold_expires_at"].as_str().unwrap());
    // The clock alone: no job has run.
    let left = until.as_second() - scene.service.now().as_second();
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + left + 1);
    assert!(scene.is_available(START, 60).await);
    assert_eq!(scene.booking_of(&first, &held).await["status"], "expired");
    scene.act(&scene.owner, &held, "confirm").await.expect_problem(410, "hold_expired");
    let taken = scene.book(&second, START, 60).await.expect(201);
    assert_eq!(taken["status"], "held");
    let expired = scene.service.events::<BookingExpired>().await;
    assert_eq!(expired.len(), 1, "whoever writes it down, once");
    assert_eq!(expired[0].booking.as_ref().unwrap().booking_id, id(&held));
    scene.service.run_jobs().await;
    assert_eq!(scene.service.events::<BookingExpired>().await.len(), 1);
    assert_eq!(scene.booking_of(&second, &taken).await["status"], "held");
}

#[tokio::test]
async fn jobs_write_down_what_time_has_done() {
    let scene = Scene::with(json!({"booking_mode": "request"}), json!({})).await;
    let customer = CallerToken::default();
    let unanswered = scene.book(&customer, START, 60).await.expect(201);
    assert_eq!((&unanswered["status"], &unanswered["hold_expires_at"]), (&json!("requested"), &Value::Null));
    let agreed = scene.book(&customer, START, 60).await.expect(201);
    scene.act(&scene.owner, &agreed, "confirm").await.expect(200);
    scene.pay(&agreed, 2380).await;
    let state = scene.service.get("/internal/clock").send().await.expect(200);
    assert_eq!(at(state["next_due_at"].as_str().unwrap()).duration_since(scene.service.now()).as_hours(), 47);
    scene.service.advance_secs(48 * 3600).await;
    assert_eq!(scene.booking_of(&customer, &unanswered).await["status"], "expired");
    scene.act(&scene.owner, &unanswered, "confirm").await.expect_problem(410, "request_expired");
    scene.service.advance_secs(8 * 24 * 3600).await;
    assert_eq!(scene.booking_of(&customer, &agreed).await["status"], "completed");
    let state = scene.service.get("/internal/clock").send().await.expect(200);
    assert_eq!(state["next_due_at"], Value::Null);
    let mut types = scene.service.event_types().await;
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "booking.booking_completed.v1",
            "booking.booking_confirmed.v1",
            "booking.booking_expired.v1",
            "booking.booking_held.v1",
            "booking.booking_payment_applied.v1",
            "booking.booking_requested.v1",
            "booking.booking_requested.v1",
        ]
    );
}

#[tokio::test]
async fn a_request_occupies_nothing_until_the_studio_agrees() {
    let scene = Scene::with(json!({"booking_mode": "request"}), json!({})).await;
    let (first, second) = (CallerToken::default(), CallerToken::default());
    let one = scene.book(&first, START, 120).await.expect(201);
    let two = scene.book(&second, START, 60).await.expect(201);
    assert_eq!(scene.service.events::<BookingRequested>().await.len(), 2);
    scene.act(&first, &one, "confirm").await.expect_problem(404, "not_found");
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let agreed = scene.act(&staff, &one, "confirm").await.expect(200);
    assert_eq!((&agreed["status"], &agreed["version"]), (&json!("held"), &json!(2)));
    assert!(agreed["hold_expires_at"].is_string());
    scene.act(&staff, &two, "confirm").await.expect_problem(409, "slot_taken");
    scene.book(&second, START, 60).await.expect_problem(409, "slot_taken");
    let declined = scene.act(&staff, &two, "decline").await.expect(200);
    assert_eq!(declined["status"], "declined");
    assert_eq!(scene.act(&staff, &two, "decline").await.expect(200), declined, "repeating it is safe");
    scene.act(&staff, &one, "decline").await.expect_problem(409, "wrong_status");
    scene.act(&staff, &two, "confirm").await.expect_problem(409, "wrong_status");
    assert_eq!(scene.service.events::<BookingDeclined>().await.len(), 1);
}

#[tokio::test]
async fn what_costs_nothing_is_confirmed_at_once_and_what_costs_is_not_without_money() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let held = scene.book(&customer, START, 60).await.expect(201);
    scene.act(&scene.owner, &held, "confirm").await.expect_problem(409, "payment_required");
    scene.act(&customer, &held, "confirm").await.expect_problem(404, "not_found");
    scene.set_prices(&scene.room_id, json!({"hourly_rate": 0})).await.expect(200);
    let free = scene.book(&customer, "2027-03-10T12:00:00Z", 60).await.expect(201);
    assert_eq!((&free["status"], &free["hold_expires_at"]), (&json!("confirmed"), &Value::Null));
    assert_eq!(scene.service.events::<BookingConfirmed>().await.len(), 1);
    assert_eq!(scene.act(&scene.owner, &free, "confirm").await.expect(200), free, "repeating it is safe");
}

#[tokio::test]
async fn somebody_elses_booking_is_not_there() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let path = format!("/api/bookings/{}", id(&booking));
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    scene.get(&staff, &path).send().await.expect(200);
    scene.get(&scene.owner, &path).send().await.expect(200);
    scene.service.get(&path).send().await.expect_problem(401, "authentication_required");
    for stranger in [CallerToken::default(), CallerToken::default().owner_of(kernel::CompanyId::new())] {
        scene.get(&stranger, &path).send().await.expect_problem(404, "not_found");
        let quote = format!("{path}/cancellation-quote");
        scene.get(&stranger, &quote).send().await.expect_problem(404, "not_found");
        for action in ["cancel", "confirm", "decline"] {
            scene.act(&stranger, &booking, action).await.expect_problem(404, "not_found");
        }
    }
    scene.get(&customer, "/api/bookings/pay_01h455vb4pex5vsknk084sn02q").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn open_holds_are_limited_where_the_operator_says_so() {
    let service = TestService::builder(booking::service()).setting("booking_max_open_holds", "2").start().await;
    let scene = Scene::on(service, json!({}), json!({})).await;
    let customer = CallerToken::default();
    let first = scene.book(&customer, START, 60).await.expect(201);
    scene.book(&customer, "2027-03-10T11:00:00Z", 60).await.expect(201);
    scene.book(&customer, "2027-03-10T12:00:00Z", 60).await.expect_problem(409, "too_many_holds");
    scene.book(&CallerToken::default(), "2027-03-10T12:00:00Z", 60).await.expect(201);
    scene.pay(&first, 2380).await;
    scene.book(&customer, "2027-03-10T13:00:00Z", 60).await.expect(201);
    scene.book(&customer, "2027-03-10T14:00:00Z", 60).await.expect_problem(409, "too_many_holds");
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    scene.book(&customer, "2027-03-10T14:00:00Z", 60).await.expect(201);
}

#[tokio::test]
async fn billing_and_nobody_else_may_ask_for_the_state() {
    let scene = Scene::start().await;
    let booking = scene.book(&CallerToken::default(), START, 60).await.expect(201);
    let path = format!("/internal/bookings/{}", id(&booking));
    let ask = |token: String| scene.service.get(&path).bearer(&token).send();
    let keys = &scene.service.keys;
    let state = ask(keys.service_token("billing", "booking")).await.expect(200);
    assert_eq!(
        (&state["booking_id"], &state["status"], &state["total"]),
        (&booking["id"], &json!("held"), &json!(2380))
    );
    ask(keys.service_token("messaging", "booking")).await.expect_problem(403, "service_not_allowed");
    ask(keys.service_token("billing", "auth")).await.expect_problem(401, "invalid_token");
    ask(scene.service.token(&scene.owner)).await.expect_problem(401, "invalid_token");
    let unknown = format!("/internal/bookings/{}", kernel::BookingId::new());
    let token = keys.service_token("billing", "booking");
    scene.service.get(&unknown).bearer(&token).send().await.expect_problem(404, "not_found");
}
