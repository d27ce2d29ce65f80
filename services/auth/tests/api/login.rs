use futures_util::future::join_all;
use serde_json::json;
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, claims, header, text, timeless};

fn all_of(response: &TestResponse) -> (u16, String, Vec<(String, String)>) {
    let headers = response.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    // Their order is as it happens.
    headers.sort();
    (response.status.as_u16(), timeless(response), headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_user_logs_in_with_a_token_of_ten_minutes() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    let tokens = auth.log_in(" ADA@EXAMPLE.com ", PASSWORD).await.expect(200);
    let access_token = text(&tokens["access_token"]);

    let header = header(&access_token);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
    let claims = claims(&access_token);
    let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "nbf", "sid", "sub"]);
    assert_eq!((&claims["aud"], &claims["iss"]), (&json!("roomtone"), &json!("roomtone-auth")));
    assert_eq!(claims["sub"], json!(person.id));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_ne!(claims["sid"], json!(person.session_id), "each login is a session of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_unknown_and_locked_are_answered_alike_in_every_byte() {
    let auth = Auth::with(&[("auth_lockout_threshold", "3")]).await;
    auth.person("ada@example.com").await;
    let unknown = auth.log_in("nobody@example.com", PASSWORD).await;
    let wrong = auth.log_in("ada@example.com", "wrong").await;
    unknown.clone().expect_problem(401, "invalid_credentials");
    assert_eq!(all_of(&wrong), all_of(&unknown));
    for _ in 0..2 {
        auth.log_in("ada@example.com", "wrong").await.expect_problem(401, "invalid_credentials");
    }
    let locked = auth.log_in("ada@example.com", PASSWORD).await;
    assert_eq!(all_of(&locked), all_of(&unknown), "a locked account does not say so, not even to its owner");
    let empty = auth.log_in("ada@example.com", "").await;
    assert_eq!(all_of(&empty), all_of(&unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_by_itself_and_success_clears_the_count() {
    let auth = Auth::with(&[("auth_lockout_threshold", "2")]).await;
    auth.person("ada@example.com").await;
    let wrong = async || {
        auth.log_in("ada@example.com", "wrong").await.expect_problem(401, "invalid_credentials");
    };
    wrong().await;
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
    wrong().await;
    wrong().await;
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.service.advance_secs(59).await;
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.service.advance_secs(2).await;
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_are_all_counted() {
    let auth = Auth::with(&[("auth_lockout_threshold", "8")]).await;
    auth.person("ada@example.com").await;
    for answer in join_all((0..8).map(|_| auth.log_in("ada@example.com", "wrong"))).await {
        answer.expect_problem(401, "invalid_credentials");
    }
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_learns_that_the_address_is_not_verified() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    auth.log_in("ada@example.com", "wrong").await.expect_problem(401, "invalid_credentials");
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(403, "email_not_verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_may_be_sent_before_there_is_one() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "totp": "123456"});
    auth.post("/api/auth/login", body).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_back() {
    let auth = Auth::with(&[("auth_hash_workers", "1"), ("auth_hash_queue", "1")]).await;
    let answers = join_all((0..12).map(|_| auth.log_in("nobody@example.com", PASSWORD))).await;
    let busy: Vec<&TestResponse> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!busy.is_empty());
    for answer in busy {
        assert!(answer.headers.contains_key("retry-after"));
        answer.clone().expect_problem(503, "too_busy");
    }
    assert!(answers.iter().all(|answer| [401, 503].contains(&answer.status.as_u16())));
    auth.log_in("nobody@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_logins_are_refused() {
    let auth = Auth::start().await;
    for body in [
        json!({"email": "not an address", "password": PASSWORD}),
        json!({"email": "ada@example.com"}),
        json!({"email": "ada@example.com", "password": PASSWORD, "admin": true}),
        json!({"email": "ada@example.com", "password": PASSWORD, "totp": 123_456}),
        json!([]),
    ] {
        auth.post("/api/auth/login", body).send().await.expect_problem(422, "validation_failed");
    }
}

/// From however many addresses: the gateway's limit is another one.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tried_five_times_a_minute_whether_it_is_there_or_not() {
    let auth = Auth::with(&[("rate_limits", "production")]).await;
    auth.person("ada@example.com").await;
    let attempt = async |path: &str, email: &str, password: &str| {
        let mut body = json!({"email": email, "password": password});
        if path.ends_with("/confirm") {
            body["totp"] = "123456".into();
        }
        auth.post(path, body).send().await
    };
    let paths = ["/api/auth/login", "/api/auth/login/mfa/totp", "/api/auth/login/mfa/totp/confirm"];
    for email in ["ada@example.com", "nobody@example.com"] {
        // The three together: one is no way around the limit of another.
        for path in paths.iter().cycle().take(5) {
            attempt(path, email, "wrong").await.expect_problem(401, "invalid_credentials");
        }
        for path in paths {
            let limited = attempt(path, email, PASSWORD).await;
            let secs: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=12).contains(&secs), "{secs}");
            limited.expect_problem(429, "too_many_requests");
        }
    }
    auth.log_in("ADA@example.com", PASSWORD).await.expect_problem(429, "too_many_requests");
    auth.log_in("somebody@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
}
