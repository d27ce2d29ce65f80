use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::Scene;

async fn quote(scene: &Scene, body: &Value) -> Value {
    scene.service.post("/api/bookings/calculate-price").json(body.clone()).send().await.expect(200)
}

async fn with_add_on() -> (Scene, Value) {
    let changes = json!({
        "rules": [{"name": "Friday evening", "weekdays": ["friday"], "from": "18:00", "to": "24:00", "hourly_rate": 3000}],
        "add_ons": [{"name": "Amp", "per_use": 250, "per_hour": 100, "stock": 3}],
        "cleaning_fee": 500, "deposit_percent": "30",
        "duration_discounts": [{"min_hours": 2, "percent": "10.0"}],
    });
    let scene = Scene::with(json!({}), changes).await;
    let prices = scene.service.get(&format!("/api/rooms/{}/prices", scene.room_id)).send().await.expect(200);
    let mut body = scene.booking("2027-03-05T16:30:00Z", 150);
    body["add_ons"] = json!([{"id": prices["add_ons"][0]["id"], "quantity": 2}]);
    (scene, body)
}

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[tokio::test]
async fn a_quote_is_itemised_in_money() {
    let (scene, body) = with_add_on().await;
    let quote = quote(&scene, &body).await;
    let lines: Vec<(String, String, i64)> = quote["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            assert_eq!(line["amount"]["currency"], "EUR");
            (text("kind"), text("quantity"), line["amount"]["amount"].as_i64().unwrap())
        })
        .collect();
    let expected = [
        ("room", "0.5", 1000),
        ("room", "2", 6000),
        ("discount", "1", -700),
        ("add_on", "2", 500),
        ("add_on", "5", 500),
        ("cleaning", "1", 500),
        ("tax", "1", 1482),
    ];
    assert_eq!(lines, expected.map(|(kind, quantity, amount)| (kind.to_owned(), quantity.to_owned(), amount)));
    assert_eq!(quote["lines"][1]["unit_amount"], eur(3000));
    assert_eq!((&quote["subtotal"], &quote["tax"], &quote["total"]), (&eur(7800), &eur(1482), &eur(9282)));
    assert_eq!(quote["deposit_due"], eur(2785));
    assert_eq!(quote["cancellation_policy"][0]["min_hours_before"], 168);
}

#[tokio::test]
async fn a_quote_is_charged_even_when_prices_change_meanwhile() {
    let (scene, mut body) = with_add_on().await;
    let quote = quote(&scene, &body).await;
    scene.set_prices(&scene.room_id, json!({"hourly_rate": 9900})).await.expect(200);
    body["quote_token"] = quote["quote_token"].clone();
    body.as_object_mut().unwrap().remove("add_ons");
    let booking = scene.book_with(&CallerToken::default(), body).await.expect(201);
    let mut price = quote;
    price.as_object_mut().unwrap().retain(|name, _| name != "quote_token" && name != "expires_at");
    assert_eq!(booking["price"], price, "the quote without its token");
}

#[tokio::test]
async fn a_quote_counts_for_its_booking_only_and_for_a_quarter_of_an_hour() {
    let (scene, body) = with_add_on().await;
    let quote = quote(&scene, &body).await;
    let book = |changes: Value| {
        let mut body = body.clone();
        body["quote_token"] = quote["quote_token"].clone();
        let body = crate::scene::merged(body, changes);
        let scene = &scene;
        async move { scene.book_with(&CallerToken::default(), body).await }
    };
    let other_room = scene.create_room(json!({})).await;
    scene.set_prices(&other_room, json!({})).await.expect(200);
    let token = quote["quote_token"].as_str().unwrap();
    let flipped = format!("{}A{}", &token[..40], &token[41..]);
    for changes in [
        json!({"room_id": other_room, "add_ons": null}),
        json!({"ends_at": "2027-03-05T20:00:00Z"}),
        json!({"add_ons": []}),
        json!({"quote_token": ""}),
        json!({"quote_token": "a.b"}),
        json!({"quote_token": flipped}),
    ] {
        book(changes).await.expect_problem(422, "quote_mismatch");
    }
    scene.service.advance_secs(15 * 60).await;
    book(json!({})).await.expect_problem(422, "quote_expired");
}

#[tokio::test]
async fn quotes_for_nonsense_are_refused() {
    let (scene, body) = with_add_on().await;
    let add_on = body["add_ons"][0]["id"].clone();
    for (changes, status, code) in [
        (json!({"ends_at": "2027-03-05T16:30:00Z"}), 422, "invalid_interval"),
        (json!({"ends_at": "2027-03-05T16:00:00Z"}), 422, "invalid_interval"),
        (json!({"ends_at": "2027-03-05T18:00:30Z"}), 422, "invalid_interval"),
        (json!({"ends_at": "2999-03-05T18:00:00Z"}), 422, "too_long"),
        (json!({"add_ons": [{"id": kernel::AddOnId::new(), "quantity": 1}]}), 422, "unknown_add_on"),
        (json!({"add_ons": [{"id": add_on, "quantity": 0}]}), 422, "validation_failed"),
        (json!({"add_ons": [{"id": add_on, "quantity": -1}]}), 422, "validation_failed"),
        (json!({"add_ons": [{"id": add_on, "quantity": 1}, {"id": add_on, "quantity": 1}]}), 422, "validation_failed"),
        (json!({"room_id": kernel::RoomId::new()}), 404, "not_found"),
    ] {
        let body = crate::scene::merged(body.clone(), changes);
        let answer = scene.service.post("/api/bookings/calculate-price").json(body).send().await;
        answer.expect_problem(status, code);
    }
    let mut unpriced = scene.booking("2027-03-05T16:30:00Z", 60);
    unpriced["room_id"] = json!(scene.create_room(json!({})).await);
    let answer = scene.service.post("/api/bookings/calculate-price").json(unpriced.clone()).send().await;
    answer.expect_problem(409, "prices_missing");
    scene.book_with(&CallerToken::default(), unpriced).await.expect_problem(409, "prices_missing");
}

#[tokio::test]
async fn a_party_pays_for_those_beyond_the_included_and_fits_the_room() {
    let scene = Scene::with(json!({"capacity": 6}), json!({"extra_person": {"included": 4, "per_hour": 300}})).await;
    let with =
        |people: i32| crate::scene::merged(scene.booking("2027-03-03T10:00:00Z", 120), json!({"party_size": people}));
    let priced = quote(&scene, &with(6)).await;
    assert_eq!((&priced["subtotal"], &priced["party_size"]), (&eur(4000 + 1200), &json!(6)));
    let booking = scene.book_with(&CallerToken::default(), with(6)).await.expect(201);
    assert_eq!(booking["price"]["total"], priced["total"], "the quote is what is charged");
    for (people, code) in [(7, "party_too_large"), (0, "validation_failed"), (-1, "validation_failed")] {
        let answer = scene.service.post("/api/bookings/calculate-price").json(with(people)).send().await;
        assert_eq!(answer.expect_problem(422, code)["errors"][0]["pointer"], "/party_size");
    }
}

/// A small generator, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, limit: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % limit).unwrap()
    }

    /// A price list with some of everything.
    fn prices(&mut self) -> Value {
        json!({
            "hourly_rate": self.up_to(5_000),
            "rules": [{
                "name": "Peak", "weekdays": ["wednesday", "thursday"], "from": "10:00", "to": "18:00",
                "hourly_rate": self.up_to(8_000),
            }],
            "day_rate": {"amount": self.up_to(20_000), "hours": 1 + self.up_to(24)},
            "minimum_charge": self.up_to(6_000),
            "extra_person": {"included": 1 + self.up_to(4), "per_use": self.up_to(500), "per_hour": self.up_to(300)},
            "duration_discounts": [{"min_hours": 1 + self.up_to(5), "percent": format!("{}.5", self.up_to(99))}],
            "add_ons": [{"name": "Amp", "per_use": self.up_to(900), "per_hour": self.up_to(900)}],
            "cleaning_fee": self.up_to(900), "tax_rate": format!("{}.25", self.up_to(30)),
            "deposit_percent": format!("{}", self.up_to(100)),
        })
    }
}

#[tokio::test]
async fn whatever_the_list_says_the_quote_is_charged_and_no_cent_is_lost() {
    let scene = Scene::start().await;
    let mut dice = Dice(7);
    for round in 0..testkit::budget(8, 200) {
        let list = dice.prices();
        let prices = scene.set_prices(&scene.room_id, list.clone()).await.expect(200);
        let mut body = scene.booking("2027-03-10T09:00:00Z", 60 + 30 * dice.up_to(20));
        body["party_size"] = json!(1 + dice.up_to(6));
        body["add_ons"] = json!([{"id": prices["add_ons"][0]["id"], "quantity": 1 + dice.up_to(3)}]);
        let quoted = quote(&scene, &body).await;
        let customer = CallerToken::default();
        let booking = scene.book_with(&customer, body.clone()).await.expect(201);
        assert_eq!(booking["price"]["lines"], quoted["lines"], "{round}: {list}");
        scene.act(&customer, &booking, "cancel").await.expect(200);

        body["quote_token"] = quoted["quote_token"].clone();
        let booking = scene.book_with(&customer, body).await.expect(201);
        let amount = |value: &Value| value["amount"].as_i64().unwrap();
        assert_eq!(booking["price"]["total"], quoted["total"], "{round}: {list}");
        let due = match amount(&quoted["deposit_due"]) {
            0 => amount(&quoted["total"]),
            deposit => deposit,
        };
        if booking["status"] == "held" {
            scene.pay(&booking, due).await;
        }
        let settled = scene.get(&customer, &format!("/api/bookings/{}/cancellation-quote", crate::scene::id(&booking)));
        let settled = settled.send().await.expect(200);
        assert_eq!(amount(&settled["refund"]) + amount(&settled["fee"]), due, "{round}: {list}");
        let cancelled = scene.act(&customer, &booking, "cancel").await.expect(200);
        assert_eq!(cancelled["cancellation"]["refund"], settled["refund"]);
    }
}
