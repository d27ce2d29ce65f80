use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, id, merged};

fn path(scene: &Scene) -> String {
    format!("/api/studios/{}/blackouts", scene.studio_id)
}

async fn close(scene: &Scene, body: Value) -> TestResponse {
    scene.as_owner(&path(scene)).json(body).send().await
}

async fn reasons(scene: &Scene, starts_at: &str, minutes: i64) -> Value {
    let body = scene.booking(starts_at, minutes);
    scene.service.post("/api/bookings/check-availability").json(body).send().await.expect(200)["reasons"].clone()
}

#[tokio::test]
async fn nothing_is_booked_in_a_blackout() {
    let scene = Scene::with(json!({"turnaround_minutes": 30}), json!({})).await;
    let blackout = close(&scene, json!({"first_day": "2027-03-10", "reason": "Inventory"})).await.expect(201);
    assert_eq!(blackout["orphaned_bookings"], json!({"count": 0, "bookings": []}));
    assert_eq!((&blackout["last_day"], &blackout["yearly"]), (&json!("2027-03-10"), &json!(false)));

    // In Berlin the day begins at 23:00 UTC.
    for (start, minutes, expected) in [
        ("2027-03-10T10:00:00Z", 60, json!(["closed"])),
        ("2027-03-10T22:00:00Z", 60, json!(["closed"])),
        ("2027-03-10T23:00:00Z", 60, json!([])),
        ("2027-03-09T21:30:00Z", 60, json!([])),
        // Its turnaround would reach into the day.
        ("2027-03-09T22:00:00Z", 60, json!(["closed"])),
    ] {
        assert_eq!(reasons(&scene, start, minutes).await, expected, "{start}");
    }
    let customer = CallerToken::default();
    scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect_problem(422, "closed");
    let times = |date: &str| {
        let path = format!("/api/bookings/available-times?room_id={}&date={date}&duration_minutes=60", scene.room_id);
        scene.service.get(&path).send()
    };
    assert_eq!(times("2027-03-10").await.expect(200)["slots"], json!([]));
    assert_eq!(times("2027-03-11").await.expect(200)["slots"].as_array().unwrap().len(), 48);

    let list = scene.service.get(&path(&scene)).send().await.expect(200);
    assert_eq!((&list["data"][0]["id"], &list["data"][0]["reason"]), (&blackout["id"], &json!("Inventory")));
    let of_it = format!("{}/{}", path(&scene), id(&blackout));
    scene.delete(&scene.owner, &of_it).send().await.expect(204);
    scene.delete(&scene.owner, &of_it).send().await.expect_problem(404, "not_found");
    scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
}

#[tokio::test]
async fn a_span_of_one_room_closes_neither_the_others_nor_the_rest_of_the_day() {
    let scene = Scene::start().await;
    let other = scene.create_room(json!({"name": "Room B"})).await;
    scene.set_prices(&other, json!({})).await.expect(200);
    let span = json!({"room_id": scene.room_id, "first_day": "2027-03-10", "from": "10:00", "to": "14:00"});
    close(&scene, span).await.expect(201);
    assert_eq!(reasons(&scene, "2027-03-10T09:00:00Z", 60).await, json!(["closed"]));
    assert_eq!(reasons(&scene, "2027-03-10T13:00:00Z", 60).await, json!([]));
    let body = merged(scene.booking("2027-03-10T09:00:00Z", 60), json!({"room_id": other}));
    scene.book_with(&CallerToken::default(), body).await.expect(201);
}

#[tokio::test]
async fn a_yearly_blackout_comes_back_and_is_written_out_in_time() {
    let scene = Scene::with(json!({"max_advance_days": 1100}), json!({})).await;
    let christmas = json!({"first_day": "2027-12-24", "last_day": "2027-12-26", "yearly": true});
    close(&scene, christmas).await.expect(201);
    for (start, expected) in [
        ("2027-12-25T10:00:00Z", json!(["closed"])),
        ("2028-12-24T10:00:00Z", json!(["closed"])),
        ("2029-12-26T10:00:00Z", json!(["closed"])),
        ("2028-12-27T10:00:00Z", json!([])),
        ("2028-12-23T10:00:00Z", json!([])),
    ] {
        assert_eq!(reasons(&scene, start, 60).await, expected, "{start}");
    }
    let last = "SELECT to_char(max(upper(period)), 'YYYY') AS text FROM blackout_periods";
    assert_eq!(scene.texts(last).await, ["2031"]);
    scene.service.advance_secs(2 * 366 * 86_400).await;
    scene.service.run_jobs().await;
    assert_eq!(scene.texts(last).await, ["2033"]);
}

#[tokio::test]
async fn a_blackout_names_the_bookings_that_lie_in_it_and_they_stand() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
    let booking = scene.pay_and_read(&customer, &booking).await;
    scene.book(&customer, "2027-03-12T10:00:00Z", 60).await.expect(201);
    let blackout = close(&scene, json!({"first_day": "2027-03-10"})).await.expect(201);
    assert_eq!(blackout["orphaned_bookings"]["count"], 1);
    assert_eq!(blackout["orphaned_bookings"]["bookings"][0]["id"], booking["id"]);
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "confirmed");
    // Once it is gone its time is closed, too.
    scene.act(&customer, &booking, "cancel").await.expect(200);
    assert_eq!(reasons(&scene, "2027-03-10T10:00:00Z", 60).await, json!(["closed"]));
}

/// Whatever the code does: the database itself keeps bookings out.
#[tokio::test]
async fn a_direct_insert_into_a_blackout_fails() {
    let scene = Scene::start().await;
    close(&scene, json!({"first_day": "2027-03-10"})).await.expect(201);
    let insert = |period: &str, kind: &str| {
        format!(
            "WITH made AS (INSERT INTO bookings (id, version, status, company_id, studio_id, room_id, customer_user_id,
                 starts_at, ends_at, original_starts_at, time_zone, turnaround_minutes, hold_minutes,
                 free_cancellation_until, price, currency, total, deposit_due, created_at, updated_at)
             SELECT gen_random_uuid(), 1, 'confirmed', r.company_id, r.studio_id, r.id, gen_random_uuid(),
                 lower(p), upper(p), lower(p), 'UTC', 0, 30, now(), '{{}}', 'EUR', 0, 0, now(), now()
             FROM rooms r, tstzrange({period}) AS p RETURNING id, room_id, starts_at, ends_at)
             SELECT 1 FROM made; INSERT INTO occupancies (id, room_id, period, kind, booking_id, active)
             SELECT gen_random_uuid(), room_id, tstzrange(starts_at, ends_at), '{kind}', id, true FROM bookings"
        )
    };
    let run = async |sql: String| {
        let mut outcome = Ok(0);
        for statement in sql.split(';') {
            outcome = scene.execute(statement).await;
        }
        outcome
    };
    let error = run(insert("'2027-03-10T10:00Z', '2027-03-10T11:00Z'", "booking")).await.unwrap_err();
    assert_eq!(store::violated_constraint(&error), Some("occupancies_no_blackout"), "{error}");
    scene.execute("DELETE FROM bookings").await.unwrap();
    run(insert("'2027-03-11T10:00Z', '2027-03-11T11:00Z'", "booking")).await.unwrap();
    // Nor does one that is there move in.
    let moved = "UPDATE occupancies SET period = tstzrange('2027-03-10T10:00Z', '2027-03-10T11:00Z')";
    assert!(scene.execute(moved).await.is_err());
    scene.execute("UPDATE rooms SET deleted_at = now()").await.unwrap();
    let later = "UPDATE occupancies SET period = tstzrange('2027-03-13T10:00Z', '2027-03-13T11:00Z')";
    let error = scene.execute(later).await.unwrap_err();
    assert_eq!(store::violated_constraint(&error), Some("occupancies_room_is_there"), "{error}");
}

/// A request takes its slot when it is approved, and money that comes too late takes it again: not in a blackout.
#[tokio::test]
async fn neither_an_approval_nor_a_late_payment_takes_time_in_a_blackout() {
    let scene = Scene::start().await;
    let (customer, request) = (CallerToken::default(), json!({"name": "Room B", "booking_mode": "request"}));
    let room_id = scene.create_room(request).await;
    scene.set_prices(&room_id, json!({})).await.expect(200);
    let body = merged(scene.booking("2027-03-10T10:00:00Z", 60), json!({"room_id": room_id}));
    let asked = scene.book_with(&customer, body).await.expect(201);
    let held = scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
    scene.service.advance_secs(1801).await;
    close(&scene, json!({"first_day": "2027-03-10"})).await.expect(201);
    scene.act(&scene.owner, &asked, "confirm").await.expect_problem(409, "slot_taken");
    scene.pay(&held, 2380).await;
    assert_eq!(scene.booking_of(&customer, &held).await["status"], "expired");
    assert!(scene.service.event_types().await.contains(&"booking.booking_payment_orphaned.v1".to_owned()));
}

/// Blackouts and bookings at once: whoever is first wins, and nobody is left in a blackout unnamed.
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_races_a_blackout_is_refused_or_named() {
    let scene = Scene::start().await;
    for day in 10..20 {
        let customer = CallerToken::default();
        let start = format!("2027-03-{day}T10:00:00Z");
        let day = json!({"first_day": format!("2027-03-{day}")});
        let (booked, closed) = tokio::join!(scene.book(&customer, &start, 60), close(&scene, day));
        let named = closed.expect(201)["orphaned_bookings"]["count"].clone();
        match booked.status.as_u16() {
            201 => assert_eq!(named, 1, "{start}"),
            422 => assert_eq!((booked.json()["code"].clone(), named), (json!("closed"), json!(0)), "{start}"),
            status => panic!("{status}: {}", booked.text),
        }
    }
}

#[tokio::test]
async fn only_managers_make_blackouts_and_only_sensible_ones() {
    let scene = Scene::start().await;
    let body = json!({"first_day": "2027-03-10"});
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let post = |caller: &CallerToken| scene.post(caller, &path(&scene)).json(body.clone()).send();
    post(&CallerToken::default()).await.expect_problem(404, "not_found");
    post(&staff).await.expect_problem(403, "insufficient_role");
    scene.service.post(&path(&scene)).json(body.clone()).send().await.expect_problem(401, "authentication_required");
    for (changes, pointer, code) in [
        (json!({"last_day": "2027-03-09"}), "/last_day", "validation_failed"),
        (json!({"last_day": "2028-03-12"}), "/last_day", "validation_failed"),
        (json!({"from": "14:00", "to": "10:00"}), "/to", "validation_failed"),
        (json!({"from": "24:00"}), "/from", "validation_failed"),
        (json!({"to": "00:00"}), "/to", "validation_failed"),
        (json!({"first_day": "2027-02-30"}), "/first_day", "validation_failed"),
        (json!({"first_day": "2027-02-01"}), "/last_day", "past"),
        (json!({"reason": "x".repeat(201)}), "/reason", "validation_failed"),
        (json!({"room_id": kernel::RoomId::new()}), "/room_id", "unknown_room"),
        (json!({"repeats": "daily"}), "/repeats", "validation_failed"),
        (json!({"first_day": "2027-03-28", "from": "02:10", "to": "02:50"}), "/first_day", "nonexistent_local_time"),
    ] {
        let problem = close(&scene, merged(body.clone(), changes.clone())).await.expect_problem(422, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{changes}");
    }
    let nowhere = format!("/api/studios/{}/blackouts", kernel::StudioId::new());
    scene.as_owner(&nowhere).json(body).send().await.expect_problem(404, "not_found");
    scene.service.get(&nowhere).send().await.expect_problem(404, "not_found");
    assert_eq!(scene.service.get(&path(&scene)).send().await.expect(200)["data"], json!([]));
}
