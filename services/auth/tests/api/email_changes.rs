use contracts::auth::v1::{EmailChangeRequested, EmailChanged, UserErased};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, Person};

const DAY: i64 = 24 * 3600;

fn wish(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

async fn ask(auth: &Auth, person: &Person, email: &str) -> TestResponse {
    auth.post_as(person, "/api/user/change-email", wish(email)).await
}

async fn newest(auth: &Auth) -> EmailChangeRequested {
    auth.service.events::<EmailChangeRequested>().await.pop().expect("mails were ordered")
}

/// The secrets of the newest mails: of the present address, and of the new one.
async fn links(auth: &Auth) -> (String, String) {
    let order = newest(auth).await;
    (auth.secret_of_mail(&order.current_token_id).await, auth.secret_of_mail(&order.new_token_id).await)
}

async fn confirm(auth: &Auth, secret: &str) -> TestResponse {
    auth.post("/api/auth/verify-email/change", json!({"token": secret})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_changes_when_both_mailboxes_have_confirmed() {
    let auth = Auth::start().await;
    for (email, new_email, new_first) in
        [("ada@example.com", "ada@new.example", false), ("bob@example.com", "Bob@new.example", true)]
    {
        let person = auth.person(email).await;
        let answer = ask(&auth, &person, new_email).await.expect(202);
        assert_eq!(answer, json!({"status": "confirmation_sent"}));
        let order = newest(&auth).await;
        assert_eq!((order.current_email.as_str(), order.new_email.as_str()), (email, new_email));

        let (current, new) = links(&auth).await;
        let (first, second) = if new_first { (new, current) } else { (current, new) };
        assert_eq!(confirm(&auth, &first).await.expect(200), json!({"status": "waiting"}));
        auth.log_in(new_email, PASSWORD).await.expect_problem(401, "invalid_credentials");
        auth.log_in(email, PASSWORD).await.expect(200);
        assert_eq!(confirm(&auth, &second).await.expect(200), json!({"status": "completed"}));
        auth.log_in(email, PASSWORD).await.expect_problem(401, "invalid_credentials");
        let tokens = auth.log_in(new_email, PASSWORD).await.expect(200);
        assert_eq!(tokens["user"]["email"], new_email);
        auth.refresh(&person.refresh_token).await.expect(200);

        let told = auth.service.events::<EmailChanged>().await.pop().unwrap();
        assert_eq!((told.previous_email.as_str(), told.email.as_str()), (email, new_email));
        for secret in [first, second] {
            confirm(&auth, &secret).await.expect_problem(410, "one_time_token_used");
        }
    }
    assert_eq!(auth.trail_of("email_changed").await.len(), 2);
    assert_eq!(auth.trail_of("email_change_confirmed").await.len(), 4);
}

/// The answers to whoever asks tell nothing, and nothing reaches the stranger's mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_not_revealed() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    auth.person("bob@example.com").await;
    let free = ask(&auth, &ada, "free@example.com").await;
    let taken = ask(&auth, &ada, "BOB@example.com").await;
    assert_eq!((free.status, &free.text), (taken.status, &taken.text));
    let order = newest(&auth).await;
    assert_eq!(order.new_token_id, "", "Bob's mailbox is left alone");
    let current = auth.secret_of_mail(&order.current_token_id).await;
    assert_eq!(confirm(&auth, &current).await.expect(200), json!({"status": "waiting"}));
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_taken_meanwhile_stays_its_owners() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    ask(&auth, &ada, "shared@example.com").await.expect(202);
    let (current, new) = links(&auth).await;
    confirm(&auth, &current).await.expect(200);
    auth.person("shared@example.com").await;
    confirm(&auth, &new).await.expect_problem(409, "email_taken");
    assert_eq!(auth.log_in("ada@example.com", PASSWORD).await.expect(200)["user"]["id"], json!(ada.id));
    assert!(auth.service.events::<EmailChanged>().await.is_empty());
}

/// Registering somebody's address and never verifying it keeps nobody from using it.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_nobody_has_verified_does_not_hold_its_address() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    auth.register("New@example.com").await.expect(202);
    let squatters = auth.ordered_mails().await.pop().unwrap();
    ask(&auth, &ada, "new@example.com").await.expect(202);
    let (current, new) = links(&auth).await;
    confirm(&auth, &current).await.expect(200);
    assert_eq!(confirm(&auth, &new).await.expect(200), json!({"status": "completed"}));
    assert_eq!(auth.log_in("new@example.com", PASSWORD).await.expect(200)["user"]["id"], json!(ada.id));
    assert_eq!(auth.mint(&squatters.token_id).await.status, 404);
    let erased = auth.service.events::<UserErased>().await;
    assert_eq!(erased.iter().map(|event| &event.user_id).collect::<Vec<_>>(), [&squatters.user_id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_end_after_a_day_and_with_a_newer_change() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    ask(&auth, &ada, "first@example.com").await.expect(202);
    let (old_current, old_new) = links(&auth).await;
    confirm(&auth, &old_current).await.expect(200);
    ask(&auth, &ada, "second@example.com").await.expect(202);
    confirm(&auth, &old_new).await.expect_problem(410, "one_time_token_used");
    let (current, new) = links(&auth).await;
    assert_eq!(confirm(&auth, &new).await.expect(200), json!({"status": "waiting"}), "it begins anew");
    auth.service.advance_secs(DAY).await;
    confirm(&auth, &current).await.expect_problem(410, "one_time_token_expired");
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_links_at_once_change_the_address_once() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    ask(&auth, &ada, "new@example.com").await.expect(202);
    let (current, new) = links(&auth).await;
    let answers = join_all([confirm(&auth, &current), confirm(&auth, &new)]).await;
    let mut states: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200)["status"].clone()).collect();
    states.sort_by_key(Value::to_string);
    assert_eq!(states, [json!("completed"), json!("waiting")]);
    assert_eq!(auth.service.events::<EmailChanged>().await.len(), 1);
}

/// Whoever had a session and the old password has lost both by a reset; the change they have begun goes too.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_reset_takes_back_a_change_that_waits() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    ask(&auth, &ada, "thief@example.com").await.expect(202);
    let (current, new) = links(&auth).await;
    confirm(&auth, &new).await.expect(200);
    auth.asked("/api/auth/password/forgot", json!({"email": "ada@example.com"})).await.expect(202);
    let order = auth.service.events::<contracts::auth::v1::PasswordResetRequested>().await.pop().unwrap();
    let body = json!({"token": auth.secret_of_mail(&order.token_id).await, "password": "a password of my own again"});
    assert_eq!(auth.post("/api/auth/password/reset", body).send().await.status, 204);
    confirm(&auth, &current).await.expect_problem(410, "one_time_token_used");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_changes_of_an_address_are_refused() {
    let auth = Auth::with(&[("auth_email_changes_per_hour", "2")]).await;
    let ada = auth.person("ada@example.com").await;
    ask(&auth, &ada, "ADA@example.com").await.expect_problem(422, "email_unchanged");
    ask(&auth, &ada, "not an address").await.expect_problem(422, "validation_failed");
    let wrong = json!({"email": "new@example.com", "password": "wrong"});
    auth.post_as(&ada, "/api/user/change-email", wrong).await.expect_problem(403, "wrong_password");
    let anonymous = auth.post("/api/user/change-email", wish("new@example.com")).send().await;
    anonymous.expect_problem(401, "authentication_required");
    for secret in ["", "rto_", "x"] {
        confirm(&auth, secret).await.expect_problem(422, "one_time_token_invalid");
    }
    for _ in 0..3 {
        ask(&auth, &ada, "new@example.com").await.expect(202);
    }
    assert_eq!(auth.service.events::<EmailChangeRequested>().await.len(), 2, "mails are limited");
}
