use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, merged};

const ROUTES: [&str; 11] = [
    "/api/countries",
    "/api/cities",
    "/api/studios",
    "/api/studios/search",
    "/api/rooms",
    "/api/bookings",
    "/api/bookings/check-availability",
    "/api/bookings/calculate-price",
    "/api/bookings/filter",
    "PRICES",
    "HOURS",
];

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_the_same_way_everywhere() {
    let scene = Scene::start().await;
    let everybody = CallerToken::default().admin().owner_of(scene.company_id);
    for route in ROUTES {
        let path = match route {
            "PRICES" => format!("/api/rooms/{}/prices", scene.room_id),
            "HOURS" => format!("/api/studios/{}/operating-hours", scene.studio_id),
            path => path.to_owned(),
        };
        let send = |content_type: &str, body: Vec<u8>| {
            let key = kernel::new_uuid().to_string();
            scene.post(&everybody, &path).idempotency_key(&key).raw(content_type, body).send()
        };
        let json = "application/json";
        let unread: &[(&str, Vec<u8>, u16, &str)] = &[
            (json, b"{".to_vec(), 400, "malformed_json"),
            (json, b"".to_vec(), 400, "malformed_json"),
            (json, b"{\"\xff\": 1}".to_vec(), 400, "malformed_json"),
            (json, b"[]".to_vec(), 422, "validation_failed"),
            (json, b"null".to_vec(), 422, "validation_failed"),
            (json, b"{\"no_such_field\": 1}".to_vec(), 422, "validation_failed"),
            ("text/plain", b"{}".to_vec(), 415, "unsupported_media_type"),
            (json, vec![b' '; 1024 * 1024], 413, "payload_too_large"),
        ];
        for (content_type, body, status, code) in unread {
            let answer = send(content_type, body.clone()).await;
            let start: String = String::from_utf8_lossy(body).chars().take(30).collect();
            assert_eq!(answer.status.as_u16(), *status, "{path} {start}: {}", answer.text);
            assert_eq!(answer.json()["code"], *code, "{path} {start}");
        }
    }
}

#[tokio::test]
async fn every_wrong_value_of_a_booking_is_named_and_none_is_our_fault() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    for (changes, status, code) in [
        (json!({"room_id": scene.studio_id}), 422, "validation_failed"),
        (json!({"room_id": "rom_zzz"}), 422, "validation_failed"),
        (json!({"room_id": 7}), 422, "validation_failed"),
        (json!({"room_id": kernel::RoomId::new()}), 404, "not_found"),
        (json!({"starts_at": "tomorrow"}), 422, "validation_failed"),
        (json!({"starts_at": 1_806_228_000}), 422, "validation_failed"),
        (json!({"starts_at": "2027-03-10T10:00:00.5Z"}), 422, "invalid_interval"),
        (json!({"starts_at": "0001-01-01T00:00:00Z"}), 422, "validation_failed"),
        (json!({"ends_at": "9999-12-31T23:59:00Z"}), 422, "validation_failed"),
        (json!({"ends_at": "2999-12-31T23:59:00Z"}), 422, "too_long"),
        (json!({"starts_at": "1900-01-01T00:00:00Z"}), 422, "past"),
        (json!({"ends_at": "2027-03-10T09:00:00Z"}), 422, "invalid_interval"),
        (json!({"starts_at": "2027-02-10T10:00:00Z", "ends_at": "2027-02-10T11:00:00Z"}), 422, "past"),
        (json!({"add_ons": {}}), 422, "validation_failed"),
        (json!({"add_ons": [{"id": kernel::AddOnId::new(), "quantity": 1}]}), 422, "unknown_add_on"),
        (
            json!({"add_ons": [{"id": kernel::AddOnId::new(), "quantity": 99_999_999_999_i64}]}),
            422,
            "validation_failed",
        ),
        (json!({"note": "x".repeat(2001)}), 422, "validation_failed"),
        (json!({"note": "bell \u{7}"}), 422, "validation_failed"),
        (json!({"note": 5}), 422, "validation_failed"),
        (json!({"quote_token": "x".repeat(100_000)}), 422, "quote_mismatch"),
        (json!({"price": {"amount": 1, "currency": "EUR"}}), 422, "validation_failed"),
    ] {
        let body = merged(scene.booking("2027-03-10T10:00:00Z", 60), changes.clone());
        let answer = scene.book_with(&customer, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (status, &json!(code)),
            "{changes}: {}",
            answer.text
        );
    }
    assert_eq!(scene.service.event_types().await, Vec::<String>::new());
    scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
}

#[tokio::test]
async fn keys_and_paths_that_are_none_are_refused() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let body = scene.booking("2027-03-10T10:00:00Z", 60);
    let long = "k".repeat(256);
    for key in ["", "\"\"", long.as_str()] {
        let request = scene.post(&customer, "/api/bookings").idempotency_key(key).json(body.clone());
        request.send().await.expect_problem(400, "idempotency_key_invalid");
    }
    for path in ["/api/bookings/x", "/api/bookings/bkg_%00", "/api/rooms/rom_", "/api/rooms/%FF", "/api/nothing"] {
        scene.get(&customer, path).send().await.expect_problem(404, "not_found");
    }
    let answer: Value = scene.service.get("/api/studios/%E2%80%AE").send().await.expect(404);
    assert_eq!(answer["code"], "not_found");
}
