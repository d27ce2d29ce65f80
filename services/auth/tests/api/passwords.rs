use contracts::auth::v1::{PasswordChanged, PasswordResetRequested, SessionRevoked};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, text};

const NEW_PASSWORD: &str = "another horse, another battery";

async fn forgot(auth: &Auth, email: &str) -> TestResponse {
    auth.asked("/api/auth/password/forgot", json!({"email": email})).await
}

async fn reset(auth: &Auth, secret: &str, password: &str) -> TestResponse {
    auth.post("/api/auth/password/reset", json!({"token": secret, "password": password})).send().await
}

async fn orders(auth: &Auth) -> Vec<PasswordResetRequested> {
    auth.service.events().await
}

/// The secret of the newest mail to reset a password.
async fn link(auth: &Auth) -> String {
    let orders = orders(auth).await;
    auth.secret_of_mail(&orders.last().expect("a mail was ordered").token_id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_and_every_session_ends() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let laptop = text(&auth.log_in("ada@example.com", PASSWORD).await.expect(200)["refresh_token"]);
    assert_eq!(forgot(&auth, "ADA@example.com").await.expect(202), json!({"status": "reset_sent"}));
    assert_eq!(orders(&auth).await[0].email, "ada@example.com");

    assert_eq!(reset(&auth, &link(&auth).await, NEW_PASSWORD).await.status, 204);
    for token in [&ada.refresh_token, &laptop] {
        auth.refresh(token).await.expect_problem(401, "invalid_refresh_token");
    }
    auth.refresh(&eve.refresh_token).await.expect(200);
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.log_in("ada@example.com", NEW_PASSWORD).await.expect(200);

    assert_eq!(auth.service.events::<SessionRevoked>().await.len(), 2);
    let told = auth.service.events::<PasswordChanged>().await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].email.as_str(), told[0].reason.as_str()), ("ada@example.com", "reset"));
    assert_eq!(auth.trail_of("password_reset").await, [("success".to_owned(), None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_works_once_and_voids_the_others() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    forgot(&auth, "ada@example.com").await.expect(202);
    let first = link(&auth).await;
    forgot(&auth, "ada@example.com").await.expect(202);
    let second = link(&auth).await;

    let attempts = join_all((0..5).map(|_| reset(&auth, &second, NEW_PASSWORD))).await;
    assert_eq!(attempts.iter().filter(|answer| answer.status == 204).count(), 1);
    for secret in [&first, &second] {
        reset(&auth, secret, "a third and last password").await.expect_problem(410, "one_time_token_used");
    }
    auth.log_in("ada@example.com", NEW_PASSWORD).await.expect(200);
    assert_eq!(auth.service.events::<PasswordChanged>().await.len(), 1);
    assert_eq!(auth.trail_of("password_reset").await.iter().filter(|(outcome, _)| outcome == "success").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_ends_after_half_an_hour() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    forgot(&auth, "ada@example.com").await.expect(202);
    let secret = link(&auth).await;
    auth.service.advance_secs(30 * 60).await;
    reset(&auth, &secret, NEW_PASSWORD).await.expect_problem(410, "one_time_token_expired");
    assert_eq!(auth.mint(&orders(&auth).await[0].token_id).await.status, 404);
    auth.refresh(&ada.refresh_token).await.expect(200);
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_reset_link_resets_nothing() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    let verification = auth.newest_secret().await;
    for secret in ["", "rto_", verification.as_str(), &"x".repeat(10_000)] {
        let problem = reset(&auth, secret, NEW_PASSWORD).await.expect_problem(422, "one_time_token_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/token");
    }
    auth.verify(&verification).await.expect(200);
    forgot(&auth, "ada@example.com").await.expect(202);
    let secret = link(&auth).await;
    auth.verify(&secret).await.expect_problem(422, "one_time_token_invalid");
    for password in ["short", &"x".repeat(129)] {
        reset(&auth, &secret, password).await.expect_problem(422, "validation_failed");
    }
    assert_eq!(reset(&auth, &secret, NEW_PASSWORD).await.status, 204, "a bad password has not used the link up");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_unverified_addresses_are_answered_alike_and_not_mailed() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    auth.register("new@example.com").await.expect(202);
    let known = forgot(&auth, "ada@example.com").await;
    for email in ["nobody@example.com", "new@example.com"] {
        let answer = forgot(&auth, email).await;
        assert_eq!((answer.status, &answer.text), (known.status, &known.text), "{email}");
    }
    assert_eq!(orders(&auth).await.len(), 1);
    forgot(&auth, "not an address").await.expect_problem(422, "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_mails_to_one_address_are_limited() {
    let auth = Auth::with(&[("auth_password_resets_per_hour", "2")]).await;
    auth.person("ada@example.com").await;
    auth.person("bob@example.com").await;
    for _ in 0..4 {
        forgot(&auth, "ada@example.com").await.expect(202);
    }
    forgot(&auth, "bob@example.com").await.expect(202);
    assert_eq!(orders(&auth).await.len(), 3);
    auth.service.advance_secs(3601).await;
    forgot(&auth, "ada@example.com").await.expect(202);
    assert_eq!(orders(&auth).await.len(), 4);
}

/// Whoever was locked out by a stranger's guesses gets in again by their mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_a_lock() {
    let auth = Auth::with(&[("auth_lockout_threshold", "2")]).await;
    auth.person("ada@example.com").await;
    for _ in 0..2 {
        auth.log_in("ada@example.com", "wrong").await.expect_problem(401, "invalid_credentials");
    }
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    forgot(&auth, "ada@example.com").await.expect(202);
    assert_eq!(reset(&auth, &link(&auth).await, NEW_PASSWORD).await.status, 204);
    auth.log_in("ada@example.com", NEW_PASSWORD).await.expect(200);
}

fn change(current: &str, new: &str) -> Value {
    json!({"current_password": current, "new_password": new})
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_ends_the_other_sessions_only() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let laptop = text(&auth.log_in("ada@example.com", PASSWORD).await.expect(200)["refresh_token"]);
    let changed = auth.post_as(&ada, "/api/auth/password/change", change(PASSWORD, NEW_PASSWORD)).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    auth.refresh(&laptop).await.expect_problem(401, "invalid_refresh_token");
    auth.refresh(&ada.refresh_token).await.expect(200);
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.log_in("ada@example.com", NEW_PASSWORD).await.expect(200);
    assert_eq!(auth.service.events::<PasswordChanged>().await[0].reason, "change");
    let event = auth.trail().await.into_iter().find(|event| event["kind"] == "password_changed").unwrap();
    assert_eq!(event["detail"]["sessions"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_needs_a_code_where_there_is_a_second_factor() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = crate::mfa::enrol(&auth, &ada).await;
    let attempt = async |code: Option<String>| {
        let mut body = change(PASSWORD, NEW_PASSWORD);
        body["totp"] = code.into();
        auth.post_as(&ada, "/api/auth/password/change", body).await
    };
    attempt(None).await.expect_problem(403, "mfa_required");
    attempt(Some("000000".to_owned())).await.expect_problem(403, "invalid_mfa_code");
    attempt(Some(app.code(&auth))).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_borrowed_session_cannot_guess_the_password_for_ever() {
    let auth = Auth::with(&[("auth_lockout_threshold", "2")]).await;
    let ada = auth.person("ada@example.com").await;
    for _ in 0..2 {
        let answer = auth.post_as(&ada, "/api/auth/password/change", change("wrong", NEW_PASSWORD)).await;
        answer.expect_problem(403, "wrong_password");
    }
    let locked = auth.post_as(&ada, "/api/auth/password/change", change(PASSWORD, NEW_PASSWORD)).await;
    locked.expect_problem(403, "wrong_password");
    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.service.advance_secs(61).await;
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
    auth.refresh(&ada.refresh_token).await.expect(200);
    let failures = auth.trail_of("reauthenticated").await;
    assert_eq!(failures.len(), 3);
    assert_eq!(auth.trail_of("account_locked").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_changes_of_a_password_are_refused() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for body in [
        change(PASSWORD, "short"),
        json!({"current_password": PASSWORD}),
        json!({"new_password": NEW_PASSWORD}),
        json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD, "user_id": ada.id}),
    ] {
        auth.post_as(&ada, "/api/auth/password/change", body).await.expect_problem(422, "validation_failed");
    }
    let anonymous = auth.post("/api/auth/password/change", change(PASSWORD, NEW_PASSWORD)).send().await;
    anonymous.expect_problem(401, "authentication_required");
    assert!(auth.service.events::<PasswordChanged>().await.is_empty());
}
