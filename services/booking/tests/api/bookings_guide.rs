//! The worked examples of `docs/guides/bookings.md`: what it says is what happens.

use std::collections::BTreeMap;

use jiff::{SignedDuration, civil::DateTime};
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::{
    guide::guide_says,
    guide_lifecycle::{cents, hours, table},
    scene::{Scene, at, id, merged},
};

pub const GUIDE: &str = include_str!("../../../../docs/guides/bookings.md");

/// The fenced blocks of JSON by what their fence calls them: `prices:peak`.
fn examples() -> BTreeMap<String, Value> {
    let mut examples = BTreeMap::new();
    for block in GUIDE.split("```json ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(examples.insert(name.trim().to_owned(), value).is_none(), "{name} stands there twice");
    }
    examples
}

/// Names of the examples of one kind.
fn names(examples: &BTreeMap<String, Value>, kind: &str) -> Vec<String> {
    examples.keys().filter_map(|name| name.strip_prefix(kind).map(str::to_owned)).collect()
}

/// The guide names add-ons; a request has their ids.
fn with_ids(mut booking: Value, prices: &Value) -> Value {
    if let Some(named) = booking.get("add_ons").cloned() {
        let ids = prices["add_ons"].as_array().unwrap().iter();
        let chosen = ids.filter_map(|add_on| {
            let quantity = named.get(add_on["name"].as_str()?)?;
            Some(json!({"id": add_on["id"], "quantity": quantity}))
        });
        booking["add_ons"] = chosen.collect();
    }
    booking
}

fn told(quote: &Value, expected: &Value) -> Value {
    let mut told = serde_json::Map::new();
    for name in expected.as_object().unwrap().keys() {
        let value = match name.as_str() {
            "lines" => {
                quote["lines"].as_array().unwrap().iter().map(|l| json!([l["kind"], l["amount"]["amount"]])).collect()
            }
            name => quote[name]["amount"].clone(),
        };
        told.insert(name.clone(), value);
    }
    Value::Object(told)
}

#[tokio::test]
async fn the_guides_prices_are_what_is_quoted_and_charged() {
    let examples = examples();
    let scene = Scene::with(json!({"min_duration_minutes": 30, "slot_step_minutes": 30}), json!({})).await;
    let found = names(&examples, "prices:");
    assert!(found.len() >= 5, "{found:?}");
    for name in found {
        let list = examples[&format!("prices:{name}")].clone();
        let prices = scene.set_prices(&scene.room_id, list).await.expect(200);
        let booking = with_ids(examples[&format!("booking:{name}")].clone(), &prices);
        let booking = merged(booking, json!({"room_id": scene.room_id}));
        let expected = &examples[&format!("price:{name}")];
        let quote = scene.service.post("/api/bookings/calculate-price").json(booking.clone()).send().await.expect(200);
        assert_eq!(&told(&quote, expected), expected, "{name}");
        let customer = CallerToken::default();
        let booked = scene.book_with(&customer, booking).await.expect(201);
        assert_eq!(booked["price"]["total"], quote["total"], "{name}");
        scene.act(&customer, &booked, "cancel").await.expect(200);
    }
}

#[tokio::test]
async fn the_guides_series_have_the_guides_dates() {
    let examples = examples();
    let scene = Scene::start().await;
    let found = names(&examples, "series:");
    assert!(found.len() >= 2, "{found:?}");
    for name in found {
        let series = merged(examples[&format!("series:{name}")].clone(), json!({"room_id": scene.room_id}));
        let preview = scene.service.post("/api/bookings/series/preview").json(series).send().await.expect(200);
        let dates: Value =
            preview["dates"].as_array().unwrap().iter().map(|date| date["local_starts_at"].clone()).collect();
        assert_eq!(dates, examples[&format!("dates:{name}")], "{name}");
    }
}

#[tokio::test]
async fn the_guides_days_have_as_many_hours_as_it_says() {
    let rows: Vec<Vec<&str>> = GUIDE
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("/") && line.contains("2027-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 6, "{rows:?}");
    let scene = Scene::start().await;
    let countries = scene.service.get("/api/countries").send().await.expect(200);
    let country_id = countries["data"][0]["id"].as_str().unwrap().to_owned();
    for row in rows {
        let [zone, date, hours] = row[..] else { panic!("{row:?}") };
        let city = scene.create_city(&country_id, zone, zone, 10.0, 10.0).await;
        let studio = scene.create_studio(json!({"city_id": city, "name": format!("{zone} {date}")})).await.expect(201);
        let studio_id = id(&studio);
        scene.open_always(&studio_id).await;
        let halves = json!({"studio_id": studio_id, "slot_step_minutes": 30, "min_duration_minutes": 30});
        let room = scene.create_room(halves).await;
        scene.set_prices(&room, json!({})).await.expect(200);
        let path = format!("/api/bookings/available-times?room_id={room}&date={date}&duration_minutes=30");
        let times = scene.service.get(&path).send().await.expect(200);
        let half_hours = times["slots"].as_array().unwrap().len();
        assert_eq!((half_hours as f64 / 2.0).to_string(), hours, "{zone} {date}");
    }
}

/// What the guide writes of an amount in cents.
fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The sentences beside the examples, made of the examples.
#[tokio::test]
async fn the_guides_sentences_have_the_numbers_of_its_examples() {
    let examples = examples();
    let of = |name: &str, pointer: &str| examples[name].pointer(pointer).and_then(Value::as_i64).unwrap();
    let (base, friday) = (of("prices:peak", "/hourly_rate"), of("prices:peak", "/rules/0/hourly_rate"));
    let room = money(base / 2 + 2 * friday);
    guide_says(GUIDE, &format!("Half an hour at {} and two hours at {} are {room}", money(base), money(friday)));
    let (net, tax) = (money(of("price:peak", "/subtotal")), money(of("price:peak", "/tax")));
    guide_says(GUIDE, &format!("The net sum is {net}, the tax {tax}"));

    let scene = Scene::with(json!({}), json!({})).await;
    scene.set_prices(&scene.room_id, examples["prices:day"].clone()).await.expect(200);
    let (base, day) = (of("prices:day", "/hourly_rate"), of("prices:day", "/day_rate/amount"));
    let ten = format!("one day at {} (ten hours would be {})", money(day), money(10 * base));
    guide_says(GUIDE, &ten);
    let seven = scene.booking("2027-03-03T08:00:00Z", 7 * 60);
    let quote = scene.service.post("/api/bookings/calculate-price").json(seven).send().await.expect(200);
    guide_says(GUIDE, &format!("Seven hours are {}", money(quote["subtotal"]["amount"].as_i64().unwrap())));
    guide_says(GUIDE, "For 15 minutes a booking that names it is charged that price");
    let until = at(quote["expires_at"].as_str().unwrap());
    assert_eq!((until.duration_since(scene.service.now()).as_secs() + 59) / 60, 15);

    let (base, missing) = (of("price:party", "/lines/0/1"), of("price:party", "/lines/1/1"));
    guide_says(GUIDE, &format!("One hour is {}, and {} more up to the minimum", money(base), money(missing)));
    let (rate, net) = (of("prices:rounding", "/hourly_rate"), of("price:rounding", "/lines/0/1"));
    let exact = format!("{:.6}", (rate * 50) as f64 / 6000.0 - 0.000_000_5);
    guide_says(GUIDE, &format!("Fifty minutes at {} are {exact}…", money(rate)));
    guide_says(GUIDE, &format!("19 % of {} are {}", money(net), (net * 19) as f64 / 10_000.0));

    guide_says(GUIDE, "an ordinary booking for each of its dates, at most 60");
    let mut series = examples["series:weekly"].clone();
    series["room_id"] = json!(scene.room_id);
    for (count, status) in [(60, 200), (61, 422)] {
        series["rule"] = json!(format!("FREQ=DAILY;COUNT={count}"));
        let preview = scene.service.post("/api/bookings/series/preview").json(series.clone()).send().await;
        assert_eq!(preview.status, status, "{}", preview.text);
    }
}

#[tokio::test]
async fn a_hold_ends_when_the_guide_says() {
    for row in table(GUIDE, "minutes after booking, of 30") {
        let scene = Scene::start().await;
        let booking = scene.book(&CallerToken::default(), "2027-03-10T10:00:00Z", 60).await.expect(201);
        let created = at(booking["created_at"].as_str().unwrap());
        // The clock is set by whole seconds; an instant has come when it is not before.
        let then = created + SignedDuration::from_mins(hours(&row[0]));
        let ahead = then.as_second() - scene.service.now().as_second() + i64::from(row[0] == "30");
        scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + ahead);
        assert_eq!(scene.booking_of(&scene.owner, &booking).await["status"], row[1], "{row:?}");
        let (status, code) = row[2].split_once(' ').unwrap();
        scene.act(&scene.owner, &booking, "confirm").await.expect_problem(status.parse().unwrap(), code);
    }
}

#[tokio::test]
async fn a_cancellation_gives_back_what_the_guide_says() {
    let scene = Scene::start().await;
    let (customer, start) = (CallerToken::default(), at("2027-03-20T10:00:00Z"));
    let booking = scene.book(&customer, "2027-03-20T10:00:00Z", 120).await.expect(201);
    scene.pay(&booking, 4760).await;
    for row in table(GUIDE, "hours before the start") {
        let then = start - SignedDuration::from_hours(hours(&row[0]));
        // A second early, so that what the test itself takes does not count.
        let ahead = then.as_second() - 2 - scene.service.now().as_second();
        scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + ahead);
        let path = format!("/api/bookings/{}/cancellation-quote", id(&booking));
        let quote = scene.get(&customer, &path).send().await.expect(200);
        let found = (&quote["refund"]["amount"], &quote["fee"]["amount"]);
        assert_eq!(found, (&json!(cents(&row[1])), &json!(cents(&row[2]))), "{row:?}");
    }
}

/// By the clock of the studio, over its change.
#[tokio::test]
async fn a_cancellation_counts_elapsed_hours_over_the_change_of_the_clocks() {
    let examples = examples();
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let body = merged(examples["cancel:clocks"].clone(), json!({"room_id": scene.room_id}));
    let booking = scene.book_with(&customer, body).await.expect(201);
    scene.pay(&booking, 4760).await;
    let path = format!("/api/bookings/{}/cancellation-quote", id(&booking));
    for row in examples["refund:clocks"].as_array().unwrap() {
        let local: DateTime = row[0].as_str().unwrap().parse().unwrap();
        let then = local.in_tz("Europe/Berlin").unwrap().timestamp();
        let ahead = then.as_second() - scene.service.now().as_second();
        scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + ahead);
        let quote = scene.get(&customer, &path).send().await.expect(200);
        assert_eq!(quote["refund"]["amount"], row[1], "{row}");
    }
}
