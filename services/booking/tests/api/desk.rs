use contracts::booking::v1::{
    BookingCancelled, BookingConfirmed, BookingDeskPaymentRecorded, BookingDeskRefundRecorded, BookingHeld,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, TestService};

use crate::scene::{Scene, at, id};

const START: &str = "2027-03-10T10:00:00Z";
const TOTAL: i64 = 2380;

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn for_guest(scene: &Scene, start: &str, payment: &str) -> Value {
    let mut body = scene.booking(start, 60);
    body["customer"] = json!({"name": "Lena Ost", "email": "lena@example.com", "phone": "+49 30 1234"});
    body["payment"] = json!(payment);
    body
}

fn staff_of(scene: &Scene) -> CallerToken {
    CallerToken::default().member_of(scene.company_id, CompanyRole::Staff)
}

async fn record(scene: &Scene, caller: &CallerToken, booking: &Value, what: &str, amount: i64) -> TestResponse {
    let path = format!("/api/bookings/{}/record-{what}", id(booking));
    let key = kernel::new_uuid().to_string();
    let body = json!({"method": "cash", "amount": amount});
    scene.post(caller, &path).idempotency_key(&key).json(body).send().await
}

#[tokio::test]
async fn a_walk_in_who_pays_at_the_desk_is_confirmed_at_once() {
    let scene = Scene::start().await;
    let staff = staff_of(&scene);
    let held = scene.book_with(&staff, for_guest(&scene, START, "at_desk")).await.expect(201);
    assert_eq!((&held["status"], &held["customer_id"]), (&json!("held"), &Value::Null));
    assert_eq!(held["guest"], json!({"name": "Lena Ost", "email": "lena@example.com", "phone": "+49 30 1234"}));
    assert_eq!((&held["payment"], &held["booked_by_staff"]), (&json!("at_desk"), &json!(true)));
    assert_eq!(held["hold_expires_at"], held["ends_at"], "kept for whoever comes");
    let told = scene.service.events::<BookingHeld>().await;
    let state = told[0].booking.as_ref().unwrap();
    assert_eq!((state.customer_user_id.as_str(), state.guest_name.as_str()), ("", "Lena Ost"));
    assert_eq!(state.payment_mode, "at_desk");

    let part = record(&scene, &staff, &held, "payment", 380).await.expect(200);
    assert_eq!((&part["status"], &part["amount_due"]), (&json!("held"), &eur(2000)));
    let paid = record(&scene, &staff, &held, "payment", 2000).await.expect(200);
    assert_eq!(
        (&paid["status"], &paid["amount_paid"], &paid["amount_due"]),
        (&json!("confirmed"), &eur(TOTAL), &eur(0))
    );
    assert_eq!(scene.service.events::<BookingConfirmed>().await.len(), 1);
    let told = scene.service.events::<BookingDeskPaymentRecorded>().await;
    let amounts: Vec<(i64, &str)> = told.iter().map(|told| (told.amount, told.method.as_str())).collect();
    assert_eq!(amounts, [(380, "cash"), (2000, "cash")]);
    record(&scene, &staff, &held, "payment", 1).await.expect_problem(409, "amount_exceeds_due");
}

#[tokio::test]
async fn staff_are_not_bound_by_notice_and_window_and_customers_are() {
    let scene = Scene::with(json!({"min_notice_minutes": 600, "max_advance_days": 5}), json!({})).await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    // It is 09:00: now, since half an hour, and in three months.
    for start in ["2027-03-01T09:00:00Z", "2027-03-01T11:00:00Z", "2027-06-01T09:00:00Z"] {
        let refused = scene.book(&customer, start, 60).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        scene.book_with(&staff, for_guest(&scene, start, "at_desk")).await.expect(201);
    }
    let begun = scene.book_with(&staff, for_guest(&scene, "2027-03-01T08:30:00Z", "at_desk")).await;
    begun.expect_problem(409, "slot_taken");
    let over = scene.book_with(&staff, for_guest(&scene, "2027-03-01T07:00:00Z", "at_desk")).await;
    over.expect_problem(422, "past");
}

#[tokio::test]
async fn only_staff_book_for_others_and_only_for_those_who_were_there_before() {
    let scene = Scene::start().await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    for stranger in [&customer, &CallerToken::default().owner_of(kernel::CompanyId::new())] {
        let theirs = scene.book_with(stranger, for_guest(&scene, START, "online")).await;
        theirs.expect_problem(404, "not_found");
    }
    let mut known = scene.booking(START, 60);
    known["customer"] = json!({"id": customer.user_id()});
    scene.book_with(&staff, known.clone()).await.expect_problem(422, "unknown_customer");
    scene.book(&customer, "2027-03-11T10:00:00Z", 60).await.expect(201);
    let booked = scene.book_with(&staff, known).await.expect(201);
    assert_eq!(booked["customer_id"], json!(customer.user_id()));
    assert_eq!(scene.booking_of(&customer, &booked).await["status"], "held");
    // A customer says nothing about desks.
    let mut body = scene.booking("2027-03-12T10:00:00Z", 60);
    body["payment"] = json!("at_desk");
    scene.book_with(&customer, body).await.expect_problem(422, "validation_failed");
    for (customer, pointer) in [
        (json!({"name": ""}), "/customer/name"),
        (json!({"name": "Lena", "email": "lena"}), "/customer/email"),
        (json!({"name": "Lena", "phone": "x".repeat(41)}), "/customer/phone"),
    ] {
        let mut body = scene.booking("2027-03-12T10:00:00Z", 60);
        body["customer"] = customer;
        let problem = scene.book_with(&staff, body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn the_desk_takes_money_once_for_each_key_and_never_more_than_is_due() {
    let scene = Scene::start().await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let path = format!("/api/bookings/{}/record-payment", id(&booking));
    let body = json!({"method": "card_terminal", "amount": TOTAL});
    scene.post(&staff, &path).json(body.clone()).send().await.expect_problem(400, "idempotency_key_required");
    let first = scene.post(&staff, &path).idempotency_key("k").json(body.clone()).send().await;
    let again = scene.post(&staff, &path).idempotency_key("k").json(body.clone()).send().await;
    assert_eq!((first.status.as_u16(), &first.text), (200, &again.text));
    // The same key and body for another booking is another request.
    let other = scene.book(&customer, "2027-03-10T12:00:00Z", 60).await.expect(201);
    let other_path = format!("/api/bookings/{}/record-payment", id(&other));
    let reused = scene.post(&staff, &other_path).idempotency_key("k").json(body.clone()).send().await;
    reused.expect_problem(422, "idempotency_key_reused");
    scene.post(&customer, &path).idempotency_key("mine").json(body).send().await.expect_problem(404, "not_found");
    for amount in [0, -1] {
        record(&scene, &staff, &other, "payment", amount).await.expect_problem(422, "validation_failed");
    }
    assert_eq!(scene.service.events::<BookingDeskPaymentRecorded>().await.len(), 1);
}

#[tokio::test]
async fn money_for_an_expired_hold_confirms_while_the_slot_is_free() {
    let scene = Scene::start().await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    record(&scene, &staff, &booking, "payment", 1).await.expect_problem(410, "hold_expired");
    let paid = record(&scene, &staff, &booking, "payment", TOTAL).await.expect(200);
    assert_eq!(paid["status"], "confirmed");
    let late = scene.book(&customer, "2027-03-10T12:00:00Z", 60).await.expect(201);
    scene.service.advance_secs(1801).await;
    scene.book(&CallerToken::default(), "2027-03-10T12:00:00Z", 60).await.expect(201);
    record(&scene, &staff, &late, "payment", TOTAL).await.expect_problem(409, "slot_taken");
    assert_eq!(scene.booking_of(&customer, &late).await["amount_paid"], eur(0));
}

#[tokio::test]
async fn what_was_paid_at_the_desk_goes_back_there() {
    let scene = Scene::start().await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    // 80.00 net: 40.00 of it online as a deposit would be, the rest at the desk.
    scene.set_prices(&scene.room_id, json!({"deposit_percent": "50"})).await.expect(200);
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.pay(&booking, 1190).await;
    record(&scene, &staff, &booking, "payment", 1190).await.expect(200);
    record(&scene, &staff, &booking, "refund", 1).await.expect_problem(409, "refund_exceeds_due");
    let cancelled = scene.act(&scene.owner, &booking, "cancel").await.expect(200);
    assert_eq!(cancelled["cancellation"]["refund"], eur(TOTAL));
    assert_eq!(cancelled["cancellation"]["refund_at_desk"], eur(1190));
    assert_eq!(cancelled["desk_refund_due"], eur(1190));
    let told = scene.service.events::<BookingCancelled>().await;
    assert_eq!((told[0].refund_amount, told[0].refund_at_desk), (TOTAL, 1190));
    let back = record(&scene, &staff, &booking, "refund", 1000).await.expect(200);
    assert_eq!((&back["desk_refund_due"], &back["amount_refunded"]), (&eur(190), &eur(1000)));
    record(&scene, &staff, &booking, "refund", 191).await.expect_problem(409, "refund_exceeds_due");
    record(&scene, &staff, &booking, "refund", 190).await.expect(200);
    let told = scene.service.events::<BookingDeskRefundRecorded>().await;
    let before: Vec<(i64, i64)> = told.iter().map(|told| (told.refunded_before, told.amount)).collect();
    assert_eq!(before, [(0, 1000), (1000, 190)]);
    assert_eq!((told[0].payment_amount, told[0].price_subtotal, told[0].price_total), (1190, 2000, TOTAL));
}

/// Billing says what the commission is; each payment keeps what it was then, also when part of it goes back later.
#[tokio::test]
async fn each_payment_at_the_desk_keeps_the_commission_of_its_day() {
    let scene = Scene::start().await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    let ask = format!("/internal/companies/{}/commission", scene.company_id);
    let booking = scene.book(&customer, START, 60).await.expect(201);
    // Billing of before it knew commissions.
    record(&scene, &staff, &booking, "payment", 380).await.expect(200);
    for ppm in [50_000, 0] {
        scene.service.peers.get(&ask, json!({"ppm": ppm}));
        record(&scene, &staff, &booking, "payment", 1000).await.expect(200);
    }
    let told = scene.service.events::<BookingDeskPaymentRecorded>().await;
    let rates: Vec<Option<i64>> = told.iter().map(|told| told.commission_ppm).collect();
    assert_eq!(rates, [None, Some(50_000), Some(0)]);
    scene.service.peers.get(&ask, json!({"ppm": 70_000}));
    scene.act(&scene.owner, &booking, "cancel").await.expect(200);
    for amount in [600, 1780] {
        record(&scene, &staff, &booking, "refund", amount).await.expect(200);
    }
    let told = scene.service.events::<BookingDeskRefundRecorded>().await;
    let rates: Vec<(i64, Option<i64>)> = told.iter().map(|told| (told.amount, told.commission_ppm)).collect();
    assert_eq!(
        rates,
        [(600, Some(0)), (400, Some(0)), (1000, Some(50_000)), (380, None)],
        "the newest goes back first"
    );
}

#[tokio::test]
async fn without_an_answer_about_the_commission_nothing_is_recorded() {
    let scene = Scene::start().await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let ask = format!("GET /internal/companies/{}/commission", scene.company_id);
    scene.service.peers.answer(&ask, 503, json!({"code": "unavailable"}));
    let path = format!("/api/bookings/{}/record-payment", id(&booking));
    let send = async || {
        let body = json!({"method": "cash", "amount": TOTAL});
        scene.post(&staff, &path).idempotency_key("k").json(body).send().await
    };
    send().await.expect_problem(503, "unavailable");
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_paid"], eur(0));
    scene.service.peers.answer(&ask, 200, json!({"ppm": 50_000}));
    assert_eq!(send().await.expect(200)["status"], "confirmed");
}

/// A caller pays a part at the desk, and the rest too late: the part is neither lost nor counted twice.
#[tokio::test]
async fn what_the_desk_took_for_a_hold_that_lapsed_goes_back_there() {
    let scene = Scene::start().await;
    let staff = staff_of(&scene);
    let held = scene.book_with(&staff, for_guest(&scene, START, "online")).await.expect(201);
    record(&scene, &staff, &held, "payment", 380).await.expect(200);
    record(&scene, &staff, &held, "refund", 1).await.expect_problem(409, "refund_exceeds_due");
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    assert_eq!(scene.booking_of(&staff, &held).await["desk_refund_due"], eur(380));
    record(&scene, &staff, &held, "refund", 381).await.expect_problem(409, "refund_exceeds_due");
    let back = record(&scene, &staff, &held, "refund", 380).await.expect(200);
    assert_eq!((&back["desk_refund_due"], &back["amount_due"]), (&eur(0), &eur(TOTAL)));
    scene.pay(&held, TOTAL).await;
    let confirmed = scene.booking_of(&staff, &held).await;
    assert_eq!((&confirmed["status"], &confirmed["amount_due"]), (&json!("confirmed"), &eur(0)));
    let cancelled = scene.act(&scene.owner, &held, "cancel").await.expect(200);
    assert_eq!(cancelled["cancellation"]["refund"], eur(TOTAL), "what was kept, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_open_holds_holds_for_many_at_once_and_not_for_staff() {
    let service = TestService::builder(booking::service()).setting("booking_max_open_holds", "3").start().await;
    let scene = Scene::on(service, json!({}), json!({})).await;
    let (staff, customer) = (staff_of(&scene), CallerToken::default());
    let starts: Vec<String> = (0..12).map(|hour| format!("2027-03-10T{:02}:00:00Z", hour + 8)).collect();
    let answers = join_all(starts.iter().map(|start| scene.book(&customer, start, 60))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 3);
    let refused = answers.iter().filter(|answer| answer.status != 201).map(TestResponse::json);
    assert!(refused.into_iter().all(|problem| problem["code"] == "too_many_holds"));
    for start in ["2027-03-11T10:00:00Z", "2027-03-11T12:00:00Z", "2027-03-11T14:00:00Z", "2027-03-11T16:00:00Z"] {
        scene.book_with(&staff, for_guest(&scene, start, "at_desk")).await.expect(201);
    }
}

#[tokio::test]
async fn staff_say_how_long_a_caller_has_to_pay() {
    let scene = Scene::start().await;
    let mut body = for_guest(&scene, START, "online");
    body["hold_minutes"] = json!(600);
    let held = scene.book_with(&staff_of(&scene), body).await.expect(201);
    let until = at(held["hold_expires_at"].as_str().unwrap());
    assert_eq!(until.duration_since(at(held["created_at"].as_str().unwrap())).as_mins(), 600);
}

#[tokio::test]
async fn a_guest_takes_a_held_booking_over_once_while_it_is_held() {
    let scene = Scene::start().await;
    let (staff, guest, other) = (staff_of(&scene), CallerToken::default(), CallerToken::default());
    let held = scene.book_with(&staff, for_guest(&scene, START, "online")).await.expect(201);
    let links = format!("/api/bookings/{}/links", id(&held));
    scene.post(&guest, &links).send().await.expect_problem(404, "not_found");
    let link = scene.post(&staff, &links).send().await.expect(201);
    assert_eq!(link["expires_at"], held["hold_expires_at"]);
    assert!(link["token"].as_str().unwrap().starts_with("rtl_"), "logs leave out what begins so");
    let path = link["path"].as_str().unwrap();
    scene.service.post(path).send().await.expect_problem(401, "authentication_required");
    let theirs = scene.post(&guest, path).send().await.expect(200);
    assert_eq!((&theirs["customer_id"], &theirs["guest"]), (&json!(guest.user_id()), &Value::Null));
    assert_eq!(scene.booking_of(&guest, &held).await, theirs);
    let told = scene.service.events::<BookingHeld>().await;
    assert_eq!(told[1].booking.as_ref().unwrap().customer_user_id, guest.user_id().to_string());
    // Once: for whoever has used it, nothing happens again.
    assert_eq!(scene.post(&guest, path).send().await.expect(200), theirs);
    scene.post(&other, path).send().await.expect_problem(410, "link_used");
    // Theirs now, it can still be paid by whoever has a link, and taken over by nobody.
    let link = scene.post(&guest, &links).send().await.expect(201);
    scene.post(&other, link["path"].as_str().unwrap()).send().await.expect_problem(409, "has_account");
    scene.post(&guest, "/api/bookings/links/nothing").send().await.expect_problem(404, "not_found");

    let lapsing = scene.book_with(&staff, for_guest(&scene, "2027-03-10T12:00:00Z", "online")).await.expect(201);
    let links = format!("/api/bookings/{}/links", id(&lapsing));
    let link = scene.post(&staff, &links).send().await.expect(201);
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    scene.post(&guest, link["path"].as_str().unwrap()).send().await.expect_problem(410, "hold_expired");
    scene.post(&staff, &links).send().await.expect_problem(410, "hold_expired");
}

#[tokio::test]
async fn whoever_has_a_link_sees_what_is_owed_until_it_is_paid_and_nothing_about_the_customer() {
    let scene = Scene::start().await;
    scene.set_prices(&scene.room_id, json!({"deposit_percent": "50"})).await.expect(200);
    let staff = staff_of(&scene);
    let booking = async |start: &str| {
        let held = scene.book_with(&staff, for_guest(&scene, start, "online")).await.expect(201);
        let link = scene.post(&staff, &format!("/api/bookings/{}/links", id(&held))).send().await.expect(201);
        (held, link["path"].as_str().unwrap().to_owned())
    };
    let follow = async |path: &str| scene.service.get(path).send().await;
    let (held, link) = booking(START).await;
    let owed = follow(&link).await.expect(200);
    assert_eq!((&owed["total"], &owed["amount_due"]), (&eur(TOTAL), &eur(TOTAL / 2)));
    assert_eq!((&owed["starts_at"], &owed["expires_at"]), (&held["starts_at"], &held["hold_expires_at"]));
    assert!(!owed.to_string().contains("ena"), "{owed}");
    follow("/api/bookings/links/nothing").await.expect_problem(404, "not_found");
    scene.pay(&held, TOTAL / 2).await;
    follow(&link).await.expect_problem(410, "link_used");

    let (cancelled, link) = booking("2027-03-10T12:00:00Z").await;
    scene.act(&scene.owner, &cancelled, "cancel").await.expect(200);
    follow(&link).await.expect_problem(410, "link_void");

    let (_, link) = booking("2027-03-10T14:00:00Z").await;
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    follow(&link).await.expect_problem(410, "hold_expired");
}

#[tokio::test]
async fn billing_hears_what_a_link_is_good_for_and_messaging_gets_new_ones() {
    let scene = Scene::start().await;
    let held = scene.book_with(&staff_of(&scene), for_guest(&scene, START, "online")).await.expect(201);
    let ask = |service: &str, path: &str, body: Value| {
        scene.service.post(path).bearer(&scene.service.keys.service_token(service, "booking")).json(body).send()
    };
    let mint = format!("/internal/bookings/{}/links", id(&held));
    ask("billing", &mint, json!({})).await.expect_problem(403, "service_not_allowed");
    let link = ask("messaging", &mint, json!({})).await.expect(201);
    assert_eq!((&link["amount_due"], &link["expires_at"]), (&eur(TOTAL), &held["hold_expires_at"]));
    let asked = json!({"token": link["token"]});
    let followed = ask("billing", "/internal/booking-links", asked.clone()).await.expect(200);
    assert_eq!((&followed["state"], &followed["booking"]["booking_id"]), (&json!("open"), &held["id"]));
    ask("billing", "/internal/booking-links", json!({"token": "x"})).await.expect_problem(404, "not_found");
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    assert_eq!(ask("billing", "/internal/booking-links", asked).await.expect(200)["state"], "expired");
    ask("messaging", &mint, json!({})).await.expect_problem(410, "hold_expired");
}
