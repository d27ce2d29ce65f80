//! Credentials that are refused leave a trace, without secrets, and not without end.

use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, text};

const THIEF: &str = "203.0.113.9";

async fn present(auth: &Auth, api_key: &str, address: &str) -> TestResponse {
    let token = auth.service_token("gateway", "auth").await;
    let request = auth.post("/internal/api-key-identity-tokens", json!({"api_key": api_key})).bearer(&token);
    request.header("x-forwarded-for", address).header("user-agent", "Thief/1.0").send().await
}

async fn refusals(auth: &Auth, kind: &str) -> Vec<Value> {
    auth.trail().await.into_iter().filter(|event| event["kind"] == kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_api_key_is_written_down_with_whose_it_was() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let key = json!({"name": "Till", "scopes": ["bookings:read"], "password": PASSWORD});
    let key = auth.post_as(&ada, "/api/user/api-keys", key).await.expect(201);
    let secret = text(&key["api_key"]);
    present(&auth, &secret, THIEF).await.expect(200);
    assert_eq!(refusals(&auth, "api_key_refused").await.len(), 0);

    let path = format!("/api/user/api-keys/{}", text(&key["id"]));
    assert_eq!(auth.send("DELETE", &path, &ada.identity, None).await.status, 204);
    let unknown = format!("rtk_{}", "a".repeat(43));
    for presented in [secret.as_str(), unknown.as_str(), "rtk_short"] {
        present(&auth, presented, THIEF).await.expect_problem(401, "invalid_api_key");
    }
    let events = refusals(&auth, "api_key_refused").await;
    let reasons: Vec<_> = events.iter().map(|event| text(&event["detail"]["reason"])).collect();
    assert_eq!(reasons, ["revoked", "unknown", "unknown"]);
    assert!(events.iter().all(|event| event["address"] == THIEF && event["user_agent"] == "Thief/1.0"));
    assert_eq!(events[0]["detail"]["key_id"], key["id"]);
    assert!(!events[0]["subject_id"].is_null() && events[1]["subject_id"].is_null());
    for event in events {
        assert!(!event.to_string().contains(&secret[4..12]) && !event.to_string().contains("aaaa"), "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_of_a_service_is_written_down() {
    let auth = Auth::start().await;
    for (caller, secret, callee, status) in [
        ("gateway", "not the secret".to_owned(), "auth", 401),
        ("stranger", "s3cret of a stranger".to_owned(), "auth", 401),
        ("webhook", auth.secret_of("webhook"), "billing", 403),
        ("gateway", auth.secret_of("gateway"), "auth", 200),
    ] {
        let answer = auth.ask_for_service_token(caller, &secret, callee).await;
        assert_eq!(answer.status.as_u16(), status, "{caller} {callee}");
    }
    let details: Vec<_> =
        refusals(&auth, "service_credential_refused").await.into_iter().map(|event| event["detail"].clone()).collect();
    assert_eq!(
        details,
        [
            json!({"reason": "wrong_secret", "service": "gateway", "audience": "auth"}),
            json!({"reason": "unknown_service", "audience": "auth"}),
            json!({"reason": "audience_not_allowed", "service": "webhook", "audience": "billing"}),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refused_credentials_does_not_fill_the_trail() {
    let auth = Auth::with(&[("rate_limits", "production")]).await;
    let unknown = format!("rtk_{}", "a".repeat(43));
    for _ in 0..30 {
        present(&auth, &unknown, THIEF).await.expect_problem(401, "invalid_api_key");
    }
    present(&auth, &unknown, "198.51.100.1").await.expect_problem(401, "invalid_api_key");
    let events = refusals(&auth, "api_key_refused").await;
    let of_thief = events.iter().filter(|event| event["address"] == THIEF).count();
    assert!((10..=11).contains(&of_thief), "{of_thief}");
    assert_eq!(events.len() - of_thief, 1, "others are still heard");
}
