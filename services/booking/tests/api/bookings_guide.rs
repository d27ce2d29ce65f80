//! The worked examples of `docs/guides/bookings.md`: what it says is what happens.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::scene::{Scene, merged};

/// The fenced blocks of JSON by what their fence calls them: `prices:peak`.
fn examples() -> BTreeMap<String, Value> {
    let guide = include_str!("../../../../docs/guides/bookings.md");
    let mut examples = BTreeMap::new();
    for block in guide.split("```json ").skip(1) {
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
        let customer = testkit::CallerToken::default();
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
    let guide = include_str!("../../../../docs/guides/bookings.md");
    let rows: Vec<Vec<&str>> = guide
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("/") && line.contains("2027-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 5, "{rows:?}");
    let scene = Scene::start().await;
    let countries = scene.service.get("/api/countries").send().await.expect(200);
    let country_id = countries["data"][0]["id"].as_str().unwrap().to_owned();
    for row in rows {
        let [zone, date, hours] = row[..] else { panic!("{row:?}") };
        let city = scene.create_city(&country_id, zone, zone, 10.0, 10.0).await;
        let studio = scene.create_studio(json!({"city_id": city, "name": format!("{zone} {date}")})).await.expect(201);
        let studio_id = crate::scene::id(&studio);
        scene.open_always(&studio_id).await;
        let room = scene.create_room(json!({"studio_id": studio_id, "slot_step_minutes": 60})).await;
        scene.set_prices(&room, json!({})).await.expect(200);
        let path = format!("/api/bookings/available-times?room_id={room}&date={date}&duration_minutes=60");
        let times = scene.service.get(&path).send().await.expect(200);
        assert_eq!(times["slots"].as_array().unwrap().len().to_string(), hours, "{zone} {date}");
    }
}
