//! The numbers of `docs/guides/studios.md`.

use serde_json::json;
use testkit::CallerToken;

use crate::scene::{Scene, id};

const GUIDE: &str = include_str!("../../../../docs/guides/studios.md");

#[track_caller]
fn says(text: &str) {
    guide_says(GUIDE, text);
}

/// Wherever its lines end.
#[track_caller]
pub fn guide_says(guide: &str, text: &str) {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert!(words(guide).contains(&words(text)), "the guide does not say: {text}");
}

#[tokio::test]
async fn the_guides_day_of_23_hours_and_its_last_booking_before_a_blackout() {
    says("on 28 March 2027 in Berlin, 00:00 to 24:00 is 23 hours long");
    says("with a turnaround of 30 minutes the last booking before a blackout that begins at midnight ends at 23:30");
    let scene = Scene::with(json!({"turnaround_minutes": 30, "max_duration_minutes": 10_080}), json!({})).await;
    let hours = json!({"hours": [{"weekday": "sunday", "opens": "00:00", "closes": "24:00"}]});
    let studio = format!("/api/studios/{}", scene.studio_id);
    scene.as_owner(&format!("{studio}/operating-hours")).json(hours).send().await.expect(200);
    // From midnight in winter time to midnight in summer time.
    assert!(scene.is_available("2027-03-27T23:00:00Z", 23 * 60).await);
    assert!(!scene.is_available("2027-03-27T23:00:00Z", 23 * 60 + 30).await);

    let blackout = json!({"first_day": "2027-04-05"});
    scene.as_owner(&format!("{studio}/blackouts")).json(blackout).send().await.expect(201);
    // The Sunday before, on summer time.
    assert!(scene.is_available("2027-04-04T20:30:00Z", 60).await, "until 23:30");
    assert!(!scene.is_available("2027-04-04T21:00:00Z", 60).await, "until 24:00");
}

#[tokio::test]
async fn the_guides_weighing_of_reviews() {
    says("One review of five stars stands for 3.75, twenty of four and a half for 4.30.");
    says("25 hundredths more with a room that can be booked, 25 with a photo");
    let scene = Scene::start().await;
    let bare = id(&scene.create_studio(json!({"name": "Bare"})).await.expect(201));
    for (sum, count, rating) in [(5, 1, -375), (90, 20, -430)] {
        scene.execute(&format!("UPDATE studios SET rating_sum = {sum}, rating_count = {count}")).await.unwrap();
        let kept = scene.texts("SELECT DISTINCT worst_rating::text AS text FROM studio_search").await;
        assert_eq!(kept, [rating.to_string()]);
    }
    let standing = async |studio: &str| {
        let uuid = studio.parse::<kernel::StudioId>().unwrap().uuid();
        let query = format!(
            "SELECT (-standing / 10000000000000000)::text AS text FROM studio_search WHERE studio_id = '{uuid}'"
        );
        scene.texts(&query).await.remove(0)
    };
    assert_eq!((standing(&bare).await, standing(&scene.studio_id).await), ("430".to_owned(), "455".to_owned()));
}

#[tokio::test]
async fn the_guides_keys_limits_and_refunds() {
    says("`Grand Piano` is `grand-piano`");
    says("A room has at most 30");
    says("every one of them is cancelled by the company, so that customers get everything back");
    let scene = Scene::start().await;
    let path = format!("/api/rooms/{}/equipment", scene.room_id);
    let piano = json!({"equipment": [{"name": "Grand Piano"}]});
    assert_eq!(scene.as_owner(&path).json(piano).send().await.expect(200)["equipment"][0]["key"], "grand-piano");
    // Tomorrow: the policy would give back half.
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-02T10:00:00Z", 60).await.expect(201);
    let booking = scene.pay_and_read(&customer, &booking).await;
    let room = format!("/api/rooms/{}?cancel_bookings=true", scene.room_id);
    scene.delete(&scene.owner, &room).send().await.expect(204);
    let cancelled = scene.booking_of(&customer, &booking).await;
    assert_eq!(cancelled["cancellation"]["refund"], booking["amount_paid"]);
}
