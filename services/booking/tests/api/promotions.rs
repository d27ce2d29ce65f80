use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::scene::{Scene, id, merged};

const START: &str = "2027-03-10T10:00:00Z";

async fn create(scene: &Scene, changes: Value) -> Value {
    let promotion = json!({"company_id": scene.company_id, "code": "spring", "currency": "EUR", "percent": "10"});
    scene.as_owner("/api/promotions").json(merged(promotion, changes)).send().await.expect(201)
}

/// Books one hour, an hour later each time, with the code.
async fn book(scene: &Scene, customer: &CallerToken, hour: i64) -> TestResponse {
    let start = crate::scene::at(START) + jiff::SignedDuration::from_hours(hour);
    let mut body = scene.booking(&start.to_string(), 60);
    body["promotion_code"] = json!("Spring");
    scene.book_with(customer, body).await
}

async fn uses(scene: &Scene, promotion: &Value) -> i64 {
    let path = format!("/api/promotions/{}", id(promotion));
    scene.get(&scene.owner, &path).send().await.expect(200)["uses"].as_i64().unwrap()
}

#[tokio::test]
async fn a_code_makes_the_booking_cheaper_and_shows_on_it() {
    let scene = Scene::start().await;
    create(&scene, json!({"percent": null, "amount": 500})).await;
    let booking = book(&scene, &CallerToken::default(), 0).await.expect(201);
    let price = &booking["price"];
    assert_eq!(price["promotion_code"], "SPRING");
    assert_eq!(
        (&price["lines"][1]["kind"], &price["lines"][1]["amount"]["amount"]),
        (&json!("promotion"), &json!(-500))
    );
    assert_eq!((&price["subtotal"]["amount"], &price["total"]["amount"]), (&json!(1500), &json!(1785)));
}

#[tokio::test]
async fn a_code_binds_by_its_dates_its_minimum_and_its_company() {
    let scene = Scene::start().await;
    let quote = async |code: &str, minutes| {
        let mut body = scene.booking(START, minutes);
        body["promotion_code"] = json!(code);
        scene.service.post("/api/bookings/calculate-price").json(body).send().await
    };
    create(&scene, json!({"code": "LATER", "valid_from": "2027-04-01T00:00:00Z"})).await;
    create(&scene, json!({"code": "EARLIER", "valid_until": "2027-03-01T09:00:00Z"})).await;
    create(&scene, json!({"code": "LARGE", "min_amount": 4000})).await;
    quote("NOBODYS", 60).await.expect_problem(422, "unknown_promotion");
    quote("LATER", 60).await.expect_problem(422, "promotion_not_yet_valid");
    quote("EARLIER", 60).await.expect_problem(422, "promotion_over");
    quote("LARGE", 119).await.expect_problem(422, "promotion_minimum_not_met");
    assert_eq!(quote(" large ", 120).await.expect(200)["subtotal"]["amount"], 3600);

    let large = scene.get(&scene.owner, &format!("/api/promotions?company_id={}", scene.company_id));
    let listed = large.send().await.expect(200);
    let large = listed["data"].as_array().unwrap().iter().find(|row| row["code"] == "LARGE").unwrap().clone();
    let path = format!("/api/promotions/{}", id(&large));
    let token = scene.service.token(&scene.owner);
    let ended = scene.service.request(reqwest::Method::DELETE, &path).bearer(&token).send().await;
    assert_eq!(ended.status, 204);
    quote("LARGE", 120).await.expect_problem(422, "promotion_over");
}

#[tokio::test]
async fn a_quote_with_a_code_is_charged_after_the_code_has_changed_but_not_beyond_its_uses() {
    let scene = Scene::start().await;
    let promotion = create(&scene, json!({"max_uses": 1})).await;
    let mut body = scene.booking(START, 60);
    body["promotion_code"] = json!("SPRING");
    body["party_size"] = json!(3);
    let quote = scene.service.post("/api/bookings/calculate-price").json(body.clone()).send().await.expect(200);
    let path = format!("/api/promotions/{}", id(&promotion));
    let changed = json!({"currency": "EUR", "percent": "50", "max_uses": 1});
    let token = scene.service.token(&scene.owner);
    scene.service.request(reqwest::Method::PUT, &path).bearer(&token).json(changed).send().await.expect(200);

    let named = merged(scene.booking(START, 60), json!({"quote_token": quote["quote_token"]}));
    let other = merged(named.clone(), json!({"promotion_code": "AUTUMN"}));
    scene.book_with(&CallerToken::default(), other).await.expect_problem(422, "quote_mismatch");
    let larger = merged(named.clone(), json!({"party_size": 4}));
    scene.book_with(&CallerToken::default(), larger).await.expect_problem(422, "quote_mismatch");
    let booking = scene.book_with(&CallerToken::default(), named).await.expect(201);
    assert_eq!((&booking["price"]["total"], &booking["price"]["party_size"]), (&quote["total"], &json!(3)));

    let later = merged(scene.booking("2027-03-10T12:00:00Z", 60), json!({"promotion_code": "SPRING"}));
    scene.book_with(&CallerToken::default(), later).await.expect_problem(409, "promotion_used_up");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_40_clients_for_5_uses_in_different_rooms_5_get_them() {
    let scene = Scene::start().await;
    let promotion = create(&scene, json!({"max_uses": 5})).await;
    let mut rooms = vec![scene.room_id.clone()];
    for _ in 1..4 {
        let room = scene.create_room(json!({})).await;
        scene.set_prices(&room, json!({})).await.expect(200);
        rooms.push(room);
    }
    let scene = &scene;
    let answers = join_all((0..40_usize).map(|client| {
        let room = rooms[client % rooms.len()].clone();
        async move {
            let start = crate::scene::at(START) + jiff::SignedDuration::from_hours(i64::try_from(client / 4).unwrap());
            let body =
                merged(scene.booking(&start.to_string(), 60), json!({"room_id": room, "promotion_code": "SPRING"}));
            scene.book_with(&CallerToken::default(), body).await
        }
    }))
    .await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201; 5], vec![409; 35]].concat());
    let refused = answers.iter().filter(|answer| answer.status == 409);
    assert!(refused.map(TestResponse::json).all(|problem| problem["code"] == "promotion_used_up"));
    assert_eq!(uses(scene, &promotion).await, 5);
}

#[tokio::test]
async fn a_customer_uses_a_code_as_often_as_customers_may() {
    let scene = Scene::start().await;
    create(&scene, json!({"max_uses_per_customer": 1})).await;
    let customer = CallerToken::default();
    book(&scene, &customer, 0).await.expect(201);
    book(&scene, &customer, 1).await.expect_problem(409, "promotion_used_up");
    book(&scene, &CallerToken::default(), 1).await.expect(201);
}

#[tokio::test]
async fn a_use_comes_back_when_the_hold_lapses_or_the_booking_is_cancelled() {
    let scene = Scene::start().await;
    let promotion = create(&scene, json!({"max_uses": 1})).await;
    let customer = CallerToken::default();
    let first = book(&scene, &customer, 0).await.expect(201);
    book(&scene, &customer, 1).await.expect_problem(409, "promotion_used_up");
    scene.act(&customer, &first, "cancel").await.expect(200);
    assert_eq!(uses(&scene, &promotion).await, 0);
    book(&scene, &customer, 1).await.expect(201);
    book(&scene, &customer, 2).await.expect_problem(409, "promotion_used_up");
    scene.service.advance_secs(1801).await;
    book(&scene, &customer, 2).await.expect(201);
    assert_eq!(uses(&scene, &promotion).await, 1);
}

#[tokio::test]
async fn a_payment_that_comes_after_the_last_use_has_gone_to_another_goes_back() {
    let scene = Scene::start().await;
    create(&scene, json!({"max_uses": 1})).await;
    let (late, quick) = (CallerToken::default(), CallerToken::default());
    let first = book(&scene, &late, 0).await.expect(201);
    scene.service.advance_secs(1801).await;
    let second = book(&scene, &quick, 1).await.expect(201);
    let due = first["price"]["total"]["amount"].as_i64().unwrap();
    scene.pay(&first, due).await;
    assert_eq!(scene.booking_of(&late, &first).await["status"], "expired");
    let orphaned = scene.service.events::<contracts::booking::v1::BookingPaymentOrphaned>().await;
    assert_eq!((orphaned.len(), orphaned[0].reason.as_str()), (1, "promotion_used_up"));
    assert_eq!(scene.pay_and_read(&quick, &second).await["status"], "confirmed");
}

#[tokio::test]
async fn who_holds_with_a_code_pays_with_it_though_it_has_fewer_uses_by_then() {
    let scene = Scene::start().await;
    let promotion = create(&scene, json!({"max_uses": 2})).await;
    let customer = CallerToken::default();
    let held = [book(&scene, &customer, 0).await.expect(201), book(&scene, &customer, 1).await.expect(201)];
    let fewer = json!({"currency": "EUR", "percent": "10", "max_uses": 1});
    let path = format!("/api/promotions/{}", id(&promotion));
    scene.put(&scene.owner, &path).json(fewer).send().await.expect(200);
    for booking in &held {
        assert_eq!(scene.pay_and_read(&customer, booking).await["status"], "confirmed");
    }
}

#[tokio::test]
async fn promotions_are_sensible_and_the_managers_business() {
    let scene = Scene::start().await;
    let body = json!({"company_id": scene.company_id, "code": "SPRING", "currency": "EUR", "percent": "10"});
    for (changes, code, pointer) in [
        (json!({"code": "A B"}), "validation_failed", "/code"),
        (json!({"percent": "0"}), "validation_failed", "/percent"),
        (json!({"amount": 5}), "validation_failed", "/percent"),
        (json!({"percent": null, "amount": 0}), "validation_failed", "/percent"),
        (json!({"percent": null, "amount": 5, "currency": "GBP"}), "wrong_currency", "/currency"),
        (json!({"max_uses": 0}), "validation_failed", "/max_uses"),
        (json!({"min_amount": -1}), "validation_failed", "/min_amount"),
        (
            json!({"valid_from": "2027-03-02T00:00:00Z", "valid_until": "2027-03-02T00:00:00Z"}),
            "validation_failed",
            "/valid_until",
        ),
        (json!({"valid_from": "-009999-01-01T00:00:00Z"}), "validation_failed", "/valid_from"),
    ] {
        let answer = scene.as_owner("/api/promotions").json(merged(body.clone(), changes.clone())).send().await;
        assert_eq!(answer.expect_problem(422, code)["errors"][0]["pointer"], pointer, "{changes}");
    }
    scene.as_owner("/api/promotions").json(body.clone()).send().await.expect(201);
    let again = merged(body.clone(), json!({"code": "sprinG"}));
    scene.as_owner("/api/promotions").json(again).send().await.expect_problem(409, "code_taken");
    let stranger = CallerToken::default();
    scene.post(&stranger, "/api/promotions").json(body).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn of_several_rooms_an_amount_is_taken_off_one_after_the_other() {
    let scene = Scene::start().await;
    let other = scene.create_room(json!({"name": "Room B"})).await;
    scene.set_prices(&other, json!({})).await.expect(200);
    create(&scene, json!({"percent": null, "amount": 3000, "min_amount": 4000})).await;
    let body = merged(
        scene.booking(START, 60),
        json!({"room_id": null, "room_ids": [scene.room_id, other], "promotion_code": "SPRING"}),
    );
    let booking = scene.book_with(&CallerToken::default(), body).await.expect(201);
    let lines = booking["price"]["lines"].as_array().unwrap().iter();
    let taken: Vec<i64> = lines
        .filter(|line| line["kind"] == "promotion")
        .map(|line| line["amount"]["amount"].as_i64().unwrap())
        .collect();
    assert_eq!((taken, &booking["price"]["subtotal"]["amount"]), (vec![-2000, -1000], &json!(1000)));
}

#[tokio::test]
async fn a_moved_booking_keeps_its_promotion() {
    let scene = Scene::start().await;
    let promotion = create(&scene, json!({"max_uses": 1, "max_uses_per_customer": 1})).await;
    let customer = CallerToken::default();
    let booking = book(&scene, &customer, 0).await.expect(201);
    let later = json!({"starts_at": "2027-03-11T10:00:00Z", "ends_at": "2027-03-11T12:00:00Z"});
    let path = format!("/api/bookings/{}/reschedule", id(&booking));
    let moved = scene.post(&customer, &path).json(later).send().await.expect(200);
    assert_eq!(
        (&moved["price"]["promotion_code"], &moved["price"]["subtotal"]["amount"]),
        (&json!("SPRING"), &json!(3600))
    );
    assert_eq!(uses(&scene, &promotion).await, 1);
}
