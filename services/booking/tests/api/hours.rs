use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, always_open, id};

fn span(weekday: &str, opens: &str, closes: &str) -> Value {
    json!({"weekday": weekday, "opens": opens, "closes": closes})
}

#[tokio::test]
async fn hours_are_replaced_whole_and_read_back_as_they_were_written() {
    let scene = Scene::start().await;
    let path = format!("/api/studios/{}/operating-hours", scene.studio_id);
    let hours = json!([
        span("monday", "00:00", "24:00"),
        span("friday", "10:00", "14:00"),
        span("friday", "18:00", "02:00"),
        span("sunday", "12:00", "12:00"),
    ]);
    let answer = scene.as_owner(&path).json(json!({"hours": hours})).send().await;
    // Sunday noon to Monday noon meets Monday's whole day.
    answer.expect_problem(422, "hours_overlap");
    let hours =
        json!(
            [span("friday", "10:00", "14:00"), span("friday", "18:00", "02:00"), span("saturday", "02:00", "24:00"),]
        );
    let answer = scene.as_owner(&path).json(json!({"hours": hours})).send().await.expect(200);
    let nothing = json!({"count": 0, "bookings": []});
    assert_eq!(answer, json!({"hours": hours, "time_zone": "Europe/Berlin", "orphaned_bookings": nothing}));
    let read = scene.service.get(&path).send().await.expect(200);
    assert_eq!(read, json!({"hours": hours, "time_zone": "Europe/Berlin"}));
    let studio = scene.service.get(&format!("/api/studios/{}", scene.studio_id)).send().await.expect(200);
    assert_eq!(studio["hours"], hours);
    assert_eq!(scene.as_owner(&path).json(json!({"hours": []})).send().await.expect(200)["hours"], json!([]));
}

#[tokio::test]
async fn only_managers_set_hours_and_only_sensible_ones() {
    let scene = Scene::start().await;
    let path = format!("/api/studios/{}/operating-hours", scene.studio_id);
    let body = json!({"hours": [span("monday", "10:00", "12:00")]});
    scene.post(&CallerToken::default(), &path).json(body.clone()).send().await.expect_problem(404, "not_found");
    scene.service.post(&path).json(body.clone()).send().await.expect_problem(401, "authentication_required");
    let nowhere = format!("/api/studios/{}/operating-hours", kernel::StudioId::new());
    scene.as_owner(&nowhere).json(body).send().await.expect_problem(404, "not_found");
    for (spans, pointer) in [
        (json!([span("monday", "24:00", "02:00")]), "/hours/0/opens"),
        (json!([span("monday", "25:00", "02:00")]), "/hours/0/opens"),
        (json!([span("monday", "10:00", "9:00")]), "/hours/0/closes"),
        (json!([span("funday", "10:00", "11:00")]), "/hours/0/weekday"),
        (json!([span("monday", "10:00", "12:00"), span("monday", "11:00", "13:00")]), "/hours/1"),
        (json!([span("sunday", "20:00", "04:00"), span("monday", "03:00", "05:00")]), "/hours/1"),
    ] {
        let answer = scene.as_owner(&path).json(json!({"hours": spans})).send().await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{}", answer.text);
    }
    let hours = scene.service.get(&path).send().await.expect(200);
    assert_eq!(hours["hours"].as_array().unwrap().len(), 7, "nothing was half-written");
}

/// Bookings outside the new hours stand; whoever sets the hours is told of them.
#[tokio::test]
async fn new_hours_name_the_bookings_they_leave_outside() {
    let scene = Scene::start().await;
    let path = format!("/api/studios/{}/operating-hours", scene.studio_id);
    let customer = CallerToken::default();
    // A Wednesday, in Berlin from 11:00 to 12:00 and from 21:00 to 23:00.
    scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
    let late = scene.book(&customer, "2027-03-10T20:00:00Z", 120).await.expect(201);
    let gone = scene.book(&customer, "2027-03-11T20:00:00Z", 120).await.expect(201);
    scene.act(&customer, &gone, "cancel").await.expect(200);
    let hours = json!({"hours": [span("wednesday", "10:00", "22:00"), span("thursday", "10:00", "22:00")]});
    let answer = scene.as_owner(&path).json(hours).send().await.expect(200);
    assert_eq!(answer["orphaned_bookings"]["count"], 1);
    let orphan = &answer["orphaned_bookings"]["bookings"][0];
    assert_eq!(orphan["id"], late["id"]);
    assert_eq!(orphan["local_starts_at"], "2027-03-10T21:00:00+01:00");
    assert_eq!(scene.booking_of(&customer, &late).await["status"], "held");
    assert!(!scene.is_available("2027-03-17T20:00:00Z", 120).await);

    let removed = scene.delete(&scene.owner, &path).send().await.expect(200);
    assert_eq!((&removed["hours"], &removed["orphaned_bookings"]["count"]), (&json!([]), &json!(2)));
    assert!(!scene.is_available("2027-03-17T10:00:00Z", 60).await);
    scene.delete(&CallerToken::default(), &path).send().await.expect_problem(404, "not_found");
}

/// Whoever is first: a booking or a request is refused by the new hours, or it is named as left outside them.
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_races_new_hours_is_refused_or_named() {
    let scene = Scene::start().await;
    let asking = scene.create_room(json!({"name": "Room B", "booking_mode": "request"})).await;
    scene.set_prices(&asking, json!({})).await.expect(200);
    let path = format!("/api/studios/{}/operating-hours", scene.studio_id);
    let (closed, open) = (json!({"hours": []}), json!({"hours": always_open()}));
    for day in 10..25 {
        let customers = [CallerToken::default(), CallerToken::default(), CallerToken::default()];
        let body = |room_id: &str, hour: u32| {
            let mut body = scene.booking(&format!("2027-03-{day}T{hour}:00:00Z"), 60);
            body["room_id"] = json!(room_id);
            body
        };
        let moved = scene.book_with(&customers[2], body(&scene.room_id, 14)).await.expect(201);
        let target = json!({
            "starts_at": format!("2027-03-{day}T18:00:00Z"), "ends_at": format!("2027-03-{day}T19:00:00Z"),
        });
        let reschedule = format!("/api/bookings/{}/reschedule", id(&moved));
        let (booked, asked, moved, shut) = tokio::join!(
            scene.book_with(&customers[0], body(&scene.room_id, 10)),
            scene.book_with(&customers[1], body(&asking, 12)),
            scene.post(&customers[2], &reschedule).json(target).send(),
            scene.as_owner(&path).json(closed.clone()).send(),
        );
        let orphaned = shut.expect(200)["orphaned_bookings"].clone();
        let named = |booking: &Value| orphaned["bookings"].as_array().unwrap().iter().any(|b| b["id"] == booking["id"]);
        for answer in [booked, asked] {
            match answer.status.as_u16() {
                201 => assert!(named(&answer.json()), "{day}: {}", answer.text),
                422 => assert_eq!(answer.json()["code"], "closed", "{day}"),
                status => panic!("{status}: {}", answer.text),
            }
        }
        // One that was there is named, at its old time or at its new one.
        if moved.status == 200 {
            let place = orphaned["bookings"].as_array().unwrap().iter().find(|b| b["id"] == moved.json()["id"]);
            assert_eq!(place.unwrap()["starts_at"], moved.json()["starts_at"], "{day}");
        }
        scene.as_owner(&path).json(open.clone()).send().await.expect(200);
        scene.execute("DELETE FROM occupancies").await.unwrap();
        scene.execute("UPDATE bookings SET status = 'cancelled'").await.unwrap();
    }
}
