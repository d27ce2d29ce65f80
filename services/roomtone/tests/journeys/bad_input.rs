//! Bad input at the door: a clear problem, never a 5xx, nothing half-written.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestRequest;

use crate::support::{Layout, Person, Scene, TestPlatform};

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_refused_with_a_problem_and_change_nothing() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let (starts_at, ends_at) = scene.slot(&platform, 0).await;
    let good = json!({"room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let rows: Vec<(&str, Value, u16)> = vec![
        ("unknown field", with("room", json!(1)), 422),
        ("wrong type", with("room_id", json!(7)), 422),
        ("wrong prefix", with("room_id", json!(scene.studio_id)), 422),
        ("unknown room", with("room_id", json!(kernel::RoomId::new().to_string())), 404),
        ("end before start", with("ends_at", json!("2020-01-01T00:00:00Z")), 422),
        (
            "past",
            json!({"room_id": scene.room_id, "starts_at": "2020-01-01T10:00:00Z", "ends_at": "2020-01-01T12:00:00Z"}),
            422,
        ),
        ("not a time", with("starts_at", json!("tomorrow")), 422),
        ("far future", with("ends_at", json!("9999-12-31T23:59:59Z")), 422),
        ("a note of a megabyte", with("note", json!("x".repeat(1 << 20))), 413),
        ("a note with control characters", with("note", json!("a\u{0007}b")), 422),
        ("negative quantity", with("add_ons", json!([{"id": scene.add_on_id, "quantity": -1}])), 422),
        ("overflowing quantity", with("add_ons", json!([{"id": scene.add_on_id, "quantity": i64::MAX}])), 422),
        ("null", Value::Null, 422),
        ("a list", json!([]), 422),
    ];
    for (name, body, status) in rows {
        let answer = scene.customer.post_once(&platform, "/api/bookings", body).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{name}");
        assert!(answer.headers.contains_key("x-request-id"), "{name}");
    }
    for (name, content_type, body, status) in [
        ("malformed", "application/json", "{", 400),
        ("not JSON", "text/plain", "{}", 415),
        ("nothing", "application/json", "", 400),
    ] {
        let request = scene.customer.post(&platform, "/api/bookings").idempotency_key(name);
        let answer = request.raw(content_type, body).send().await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.text);
    }
    let mine = scene.customer.get(&platform, "/api/bookings/my").send().await.expect(200);
    assert_eq!(mine["data"], json!([]), "nothing was booked");
    scene
        .customer
        .post(&platform, "/api/bookings")
        .json(good)
        .send()
        .await
        .expect_problem(400, "idempotency_key_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_the_unknown_are_not_told_apart() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let stranger = Person::register(&platform, "Stan", "customer").await;
    let foreign = format!("/api/bookings/{}", booking.id);
    let unknown = format!("/api/bookings/{}", kernel::BookingId::new());
    for path in [&foreign, &unknown] {
        stranger.get(&platform, path).send().await.expect_problem(404, "not_found");
    }
    platform.get(&foreign).send().await.expect_problem(401, "authentication_required");
    let body = json!({"payable": {"type": "booking", "id": booking.id}});
    stranger.post_once(&platform, "/api/payments/session", body).await.expect_problem(404, "not_found");
    let path = format!("/api/companies/{}/balance", scene.company_id);
    stranger.get(&platform, &path).send().await.expect_problem(404, "not_found");
    stranger.get(&platform, "/api/admin/ledger/trial-balance").send().await.expect_problem(403, "admin_required");
}

/// Through the gateway, for somebody signed in and for anybody, and at the services themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones_and_an_unknown_path_is_not_there() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let person = Person::register(&platform, "Ada", "customer").await;
    for (service, path, allow) in [
        ("auth", "/api/auth/login", "POST"),
        ("auth", "/api/companies", "GET, POST, HEAD"),
        ("auth", "/.well-known/jwks.json", "GET, HEAD"),
        // A word where an id may stand.
        ("booking", "/api/studios/search", "POST"),
        ("booking", "/api/bookings/my", "GET, HEAD"),
        ("billing", "/api/payments/session", "POST"),
        ("billing", "/api/payments/paypal/receiver", "GET, PUT, DELETE, HEAD"),
        ("ledger", "/api/wallets/me", "GET, HEAD"),
        ("webhook", "/api/admin/webhook-events", "GET, HEAD"),
    ] {
        let base: String = platform.source.require(&format!("{service}_url")).unwrap();
        let ask = |base: &str| TestRequest::new(&platform.client, Method::PATCH, format!("{base}{path}"));
        for request in [ask(&base), ask(&platform.url), ask(&platform.url).bearer(&person.token)] {
            let answer = request.send().await;
            let methods = |allow: &str| allow.split(", ").map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(methods(answer.headers["allow"].to_str().unwrap()), methods(allow), "{path}");
            answer.expect_problem(405, "method_not_allowed");
        }
    }
    for path in ["/api/companies/x/y/z", "/api/bookings/my/x", "/api/auth/nothing"] {
        let unknown = TestRequest::new(&platform.client, Method::PATCH, format!("{}{path}", platform.url));
        unknown.send().await.expect_problem(404, "not_found");
    }
    let get = platform.get("/api/countries").send().await;
    let head = TestRequest::new(&platform.client, Method::HEAD, format!("{}/api/countries", platform.url)).send().await;
    assert_eq!((head.status, head.text.as_str()), (get.status, ""));
    assert_eq!(head.headers["content-length"], get.text.len().to_string().as_str());
    platform.stop().await;
}
