//! Who may make a key, and what takes it away: a key is a way in that outlives the session it was made in.

use contracts::auth::v1::{ApiKeyRevoked, PasswordResetRequested, SecondFactorChanged};
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::{
    mfa::enrol,
    support::{Auth, PASSWORD, Person, text},
};

const PERSONAL: &str = "/api/user/api-keys";

fn key(credentials: Value) -> Value {
    let mut key = json!({"name": "Till", "scopes": ["bookings:read"]});
    for (name, value) in credentials.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

async fn create(auth: &Auth, person: &Person, credentials: Value) -> TestResponse {
    auth.post_as(person, PERSONAL, key(credentials)).await
}

async fn exchange(auth: &Auth, api_key: &Value) -> TestResponse {
    let token = auth.service_token("gateway", "auth").await;
    auth.post("/internal/api-key-identity-tokens", json!({"api_key": api_key})).bearer(&token).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_key_needs_every_factor_and_its_owner_is_told() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    create(&auth, &ada, json!({})).await.expect_problem(422, "validation_failed");
    create(&auth, &ada, json!({"password": "wrong"})).await.expect_problem(403, "wrong_password");
    let (app, _) = enrol(&auth, &ada).await;
    create(&auth, &ada, json!({"password": PASSWORD})).await.expect_problem(403, "mfa_required");
    let wrong = json!({"password": PASSWORD, "totp": "000000"});
    create(&auth, &ada, wrong).await.expect_problem(403, "invalid_mfa_code");
    create(&auth, &ada, json!({"password": PASSWORD, "totp": app.code(&auth)})).await.expect(201);
    let told = auth.service.events::<SecondFactorChanged>().await;
    let told: Vec<&str> = told.iter().map(|event| event.change.as_str()).collect();
    assert_eq!(told, ["totp_enabled", "api_key_created"]);
}

/// Whoever has the mailbox takes the account back, also from a program somebody else has left behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_reset_revokes_personal_keys() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let made = create(&auth, &ada, json!({"password": PASSWORD})).await.expect(201);
    let eves = create(&auth, &eve, json!({"password": PASSWORD})).await.expect(201);
    auth.asked("/api/auth/password/forgot", json!({"email": "ada@example.com"})).await.expect(202);
    let order = auth.service.events::<PasswordResetRequested>().await.pop().unwrap();
    let body = json!({"token": auth.secret_of_mail(&order.token_id).await, "password": "a password of my own again"});
    auth.post("/api/auth/password/reset", body).send().await.expect(204);
    exchange(&auth, &made["api_key"]).await.expect_problem(401, "invalid_api_key");
    exchange(&auth, &eves["api_key"]).await.expect(200);
    let revoked = auth.service.events::<ApiKeyRevoked>().await;
    assert_eq!(revoked.iter().map(|event| event.key_id.clone()).collect::<Vec<_>>(), [text(&made["id"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_leaves_no_key_behind() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let ada = auth.renewed(&ada).await;
    auth.post_as(&ada, "/api/auth/logout", json!({})).await.expect(204);
    create(&auth, &ada, json!({"password": PASSWORD})).await.expect_problem(401, "session_ended");
    let path = format!("/api/companies/{company}/api-keys");
    auth.post_as(&ada, &path, key(json!({}))).await.expect_problem(401, "session_ended");
}

/// The role in an identity is some seconds old; that under the company's lock decides.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_a_moment_ago_makes_no_key_and_changes_no_company() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let max = auth.colleague(&ada, &company, ("max@example.com", "manager")).await;
    let sue = auth.colleague(&ada, &company, ("sue@example.com", "manager")).await;
    let owner = auth.identity(&ada).await;
    let member = |person: &Person| format!("/api/teams/members/{}?company_id={company}", person.id);
    auth.send("DELETE", &member(&max), &owner, None).await.expect(204);
    let staff = format!("/api/companies/{company}/admins/{}", sue.id);
    auth.send("DELETE", &staff, &owner, None).await.expect(204);
    for (person, status, code) in [(&max, 404, "not_found"), (&sue, 403, "insufficient_role")] {
        let path = format!("/api/companies/{company}/api-keys");
        auth.post_as(person, &path, key(json!({}))).await.expect_problem(status, code);
        let body = json!({"name": "Keller 2", "slug": "keller-2"});
        let path = format!("/api/companies/{company}");
        auth.send("PUT", &path, &person.identity, Some(body)).await.expect_problem(status, code);
    }
}
