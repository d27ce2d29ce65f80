//! The figures of docs/guides/booking-lifecycle.md, played.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, at, id};

const GUIDE: &str = include_str!("../../../../docs/guides/booking-lifecycle.md");

/// The cells of a guide's table whose heading line begins with a cell.
pub fn table(guide: &str, first_heading: &str) -> Vec<Vec<String>> {
    let heading = format!("| {first_heading} |");
    let lines = guide.lines().skip_while(|line| !line.starts_with(&heading)).skip(2);
    let rows: Vec<Vec<String>> = lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(rows.len() > 2, "the guide has a table of {first_heading}");
    rows
}

pub fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

pub fn hours(text: &str) -> i64 {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_move_costs_what_the_guide_says() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    for (index, row) in table(GUIDE, "hours before").into_iter().enumerate() {
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
