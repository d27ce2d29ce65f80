use contracts::auth::v1::{ApiKeyRevoked, SessionRevoked, UserErased};
use diesel_async::RunQueryDsl;
use serde_json::json;
use testkit::TestResponse;

use crate::{
    mfa, passkeys,
    support::{Auth, PASSWORD, Person, text},
};

async fn erase(auth: &Auth, person: &Person, password: &str) -> TestResponse {
    auth.send("DELETE", "/api/user/me", &person.identity, Some(json!({"password": password}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_gone_and_their_address_is_free() {
    let auth = Auth::start().await;
    let owner = auth.person("owner@example.com").await;
    let company = auth.company(&owner, "Keller").await;
    let ada = auth.colleague(&owner, &company, ("ada@example.com", "manager")).await;
    let key = json!({"name": "Till", "scopes": ["bookings:read"], "password": PASSWORD});
    let key = auth.send("POST", "/api/user/api-keys", &ada.identity, Some(key)).await.expect(201);
    erase(&auth, &ada, PASSWORD).await.expect(204);

    auth.log_in("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.refresh(&ada.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    auth.exchange(&ada.id, &ada.session_id).await.expect_problem(404, "not_found");
    auth.send("GET", "/api/user/me", &ada.identity, None).await.expect_problem(404, "not_found");
    // Their identity is good for some seconds more, and does nothing.
    erase(&auth, &ada, PASSWORD).await.expect_problem(403, "wrong_password");
    let role = json!({"role": "studio_owner"});
    auth.send("POST", "/api/user/set-role", &ada.identity, Some(role)).await.expect_problem(404, "not_found");
    let name = json!({"name": "Ada again"});
    auth.send("PUT", "/api/user/update", &ada.identity, Some(name)).await.expect_problem(404, "not_found");
    auth.register(&format!("{}@erased.invalid", ada.id)).await.expect_problem(422, "validation_failed");
    let gateway = auth.service_token("gateway", "auth").await;
    let body = json!({"api_key": key["api_key"]});
    let answer = auth.post("/internal/api-key-identity-tokens", body).bearer(&gateway).send().await;
    answer.expect_problem(401, "invalid_api_key");
    let billing = auth.service_token("billing", "auth").await;
    let known = auth.service.get(&format!("/internal/users/{}", ada.id)).bearer(&billing).send().await;
    known.expect_problem(404, "not_found");
    let members = format!("/api/teams/members?company_id={company}");
    let team = auth.send("GET", &members, &auth.identity(&owner).await, None).await.expect(200);
    assert_eq!(team["data"].as_array().unwrap().len(), 1);

    assert_eq!(auth.service.events::<UserErased>().await.remove(0).user_id, ada.id);
    assert!(auth.service.events::<SessionRevoked>().await.iter().any(|event| event.session_id == ada.session_id));
    assert_eq!(auth.service.events::<ApiKeyRevoked>().await.len(), 1);
    let again = auth.person("ada@example.com").await;
    assert_ne!(again.id, ada.id);
}

/// What is left in the tables says nothing of the person; the outbox keeps what it told for its two weeks.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_remembers_an_erased_person() {
    let auth = Auth::start().await;
    let ada = auth.person("Ada.L@example.com").await;
    auth.log_in("ada.l@example.com", "wrong password").await;
    let owner = auth.person("owner@example.com").await;
    let company = auth.company(&owner, "Keller").await;
    auth.invite(&owner, &company, ("ada.l@example.com", "staff")).await;
    erase(&auth, &ada, PASSWORD).await.expect(204);
    let database = crate::secrets::dump_without(&auth, &["outbox"]).await.to_lowercase();
    assert!(database.contains("owner@example.com"), "the dump is one");
    assert!(!database.contains("ada.l@"));
    assert!(database.contains(&format!("{}@erased.invalid", ada.id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_the_password_and_guessing_locks() {
    let auth = Auth::with(&[("auth_lockout_threshold", "3")]).await;
    let ada = auth.person("ada@example.com").await;
    for _ in 0..3 {
        erase(&auth, &ada, "a wrong password").await.expect_problem(403, "wrong_password");
    }
    erase(&auth, &ada, PASSWORD).await.expect_problem(403, "wrong_password");
    auth.service.advance_secs(61).await;
    let identity = auth.identity(&ada).await;
    auth.send("DELETE", "/api/user/me", &identity, Some(json!({}))).await.expect_problem(422, "validation_failed");
    auth.send("DELETE", "/api/user/me", &identity, Some(json!({"password": "x".repeat(129)})))
        .await
        .expect_problem(422, "validation_failed");
    auth.service
        .request("DELETE".parse().unwrap(), "/api/user/me")
        .json(json!({"password": PASSWORD}))
        .send()
        .await
        .expect_problem(401, "authentication_required");
    assert!(auth.service.events::<UserErased>().await.is_empty());
    erase(&auth, &Person { identity, ..ada }, PASSWORD).await.expect(204);
}

/// Whoever stole a session and the password does not erase the account; and nothing that would open it is left.
#[tokio::test(flavor = "multi_thread")]
async fn it_takes_every_factor_and_leaves_no_way_in() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (mut device, _) = passkeys::register(&auth, &ada).await;
    let tokens = passkeys::log_in(&auth, &mut device).await.expect(200);
    let ada = auth.signed_in(&tokens).await;
    let (_, recovery_codes) = mfa::enrol(&auth, &ada).await;
    let ada = Person { identity: auth.identity(&ada).await, ..ada };
    let change = json!({"email": "new@example.com", "password": PASSWORD, "totp": recovery_codes[0]});
    auth.post_as(&ada, "/api/user/change-email", change).await.expect(202);
    erase(&auth, &ada, PASSWORD).await.expect_problem(403, "mfa_required");
    let body = json!({"password": PASSWORD, "totp": recovery_codes[1]});
    auth.send("DELETE", "/api/user/me", &ada.identity, Some(body)).await.expect(204);
    for table in
        ["passkeys", "passkey_ceremonies", "totp_factors", "recovery_codes", "one_time_tokens", "email_changes"]
    {
        assert_eq!(rows(&auth, table).await, 0, "{table}");
    }
}

async fn rows(auth: &Auth, table: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let mut conn = auth.service.db.conn().await.unwrap();
    let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"));
    query.get_result::<Count>(&mut *conn).await.unwrap().n
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_of_a_company_stays() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let ada = Person { identity: auth.identity(&ada).await, ..ada };
    erase(&auth, &ada, PASSWORD).await.expect_problem(409, "last_owner");
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
    let bob = auth.colleague(&ada, &company, ("bob@example.com", "staff")).await;
    let path = format!("/api/companies/{company}/transfer-ownership");
    auth.send("POST", &path, &ada.identity, Some(json!({"user_id": bob.id}))).await.expect(200);
    erase(&auth, &ada, PASSWORD).await.expect(204);
    assert_eq!(
        text(&auth.send("GET", "/api/user/me", &bob.identity, None).await.expect(200)["companies"][0]["role"]),
        "owner"
    );
}
