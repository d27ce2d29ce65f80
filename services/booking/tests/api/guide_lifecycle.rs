//! The figures of docs/guides/booking-lifecycle.md, played.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, at, id};

const GUIDE: &str = include_str!("../../../../docs/guides/booking-lifecycle.md");

/// The cells of the table whose heading line begins with a cell.
fn table(first_heading: &str) -> Vec<Vec<String>> {
    let heading = format!("| {first_heading} |");
    let lines = GUIDE.lines().skip_while(|line| !line.starts_with(&heading)).skip(2);
    let rows: Vec<Vec<String>> = lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(rows.len() > 2, "the guide has a table of {first_heading}");
    rows
}

fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

fn hours(text: &str) -> i64 {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_hold_ends_when_the_guide_says() {
    for row in table("minutes after booking, of 30") {
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
    for row in table("hours before the start") {
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

#[tokio::test]
async fn a_move_costs_what_the_guide_says() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    for (index, row) in table("hours before").into_iter().enumerate() {
        let start = at("2027-03-10T10:00:00Z") + SignedDuration::from_hours(24 * i64::try_from(index).unwrap());
        let booking = scene.book(&customer, &start.to_string(), 60 * hours(&row[0])).await.expect(201);
        scene.pay_and_read(&customer, &booking).await;
        let to: Value = json!({"starts_at": start, "ends_at": start + SignedDuration::from_hours(hours(&row[1]))});
        let path = format!("/api/bookings/{}/reschedule-quote", id(&booking));
        let quote = scene.post(&customer, &path).json(to.clone()).send().await.expect(200);
        let expected = (json!(cents(&row[2])), json!(cents(&row[3])));
        assert_eq!((quote["amount_due"]["amount"].clone(), quote["refund"]["amount"].clone()), expected, "{row:?}");
        let path = format!("/api/bookings/{}/reschedule", id(&booking));
        let moved = scene.post(&customer, &path).json(to).send().await.expect(200);
        assert_eq!(moved["amount_due"]["amount"], json!(cents(&row[2])), "{row:?}");
    }
}
