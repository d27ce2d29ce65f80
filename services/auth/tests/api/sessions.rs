use contracts::auth::v1::SessionRevoked;
use reqwest::Method;
use serde_json::json;
use testkit::Authenticator;

use crate::{
    mfa::App,
    support::{Auth, PASSWORD, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_session_once() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    for _ in 0..2 {
        let answer = auth.service.post("/api/auth/logout").bearer(&person.identity).send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    }
    auth.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    assert_eq!(auth.exchange(&person.id, &person.session_id).await.status, 404);
    let revoked = auth.service.events::<SessionRevoked>().await;
    assert_eq!(revoked.len(), 1);
    assert_eq!((&revoked[0].session_id, &revoked[0].user_id), (&person.session_id, &person.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_everywhere_ends_every_session_of_the_caller_only() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let laptop = text(&auth.log_in("ada@example.com", PASSWORD).await.expect(200)["refresh_token"]);
    let answer = auth.service.post("/api/auth/logout-all").bearer(&ada.identity).send().await;
    assert_eq!(answer.status, 204);
    auth.refresh(&ada.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    auth.refresh(&laptop).await.expect_problem(401, "invalid_refresh_token");
    auth.refresh(&eve.refresh_token).await.expect(200);
    assert_eq!(auth.service.events::<SessionRevoked>().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed_by_page_and_revoked_one_by_one() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let laptop = auth.post("/api/auth/login", body);
    let laptop = laptop.header("user-agent", "Laptop/1.0").header("x-forwarded-for", "203.0.113.7").send().await;
    let laptop = text(&laptop.expect(200)["refresh_token"]);

    let list = async |query: &str| {
        auth.service.get(&format!("/api/auth/sessions{query}")).bearer(&ada.identity).send().await.expect(200)
    };
    let first = list("?limit=1").await;
    assert_eq!(first["data"][0]["user_agent"], "Laptop/1.0");
    assert_eq!(first["data"][0]["address"], "203.0.113.7");
    assert_eq!(first["data"][0]["current"], false);
    let second = list(&format!("?limit=1&cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!(second["data"][0]["id"], json!(ada.session_id));
    assert_eq!(second["data"][0]["current"], true);
    assert!(second["next_cursor"].is_null());

    let revoke = async |id: &str| {
        let path = format!("/api/auth/sessions/{id}");
        auth.service.request(Method::DELETE, &path).bearer(&ada.identity).send().await
    };
    let id = text(&first["data"][0]["id"]);
    assert_eq!(revoke(&id).await.status, 204);
    revoke(&id).await.expect_problem(404, "not_found");
    auth.refresh(&laptop).await.expect_problem(401, "invalid_refresh_token");
    assert_eq!(list("").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_session_is_not_there() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let path = format!("/api/auth/sessions/{}", ada.session_id);
    let answer = auth.service.request(Method::DELETE, &path).bearer(&eve.identity).send().await;
    answer.expect_problem(404, "not_found");
    auth.refresh(&ada.refresh_token).await.expect(200);
    let answer = auth.service.request(Method::DELETE, "/api/auth/sessions/ses_1").bearer(&eve.identity).send().await;
    answer.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_need_an_identity_and_an_access_token_is_none() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for (method, path) in [
        (Method::POST, "/api/auth/logout"),
        (Method::POST, "/api/auth/logout-all"),
        (Method::GET, "/api/auth/sessions"),
        (Method::GET, "/api/auth/me"),
        (Method::GET, "/api/user/me"),
        (Method::GET, "/api/companies"),
    ] {
        let answer = auth.service.request(method.clone(), path).send().await;
        answer.expect_problem(401, "authentication_required");
        let answer = auth.service.request(method, path).bearer(&ada.access_token).send().await;
        answer.expect_problem(401, "invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_paging_is_refused() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for (query, code) in [("limit=0", "invalid_limit"), ("limit=101", "invalid_limit"), ("cursor=x", "invalid_cursor")]
    {
        let answer = auth.service.get(&format!("/api/auth/sessions?{query}")).bearer(&ada.identity).send().await;
        answer.expect_problem(422, code);
    }
}

/// The gateway forgets an ended session within a second; what was let in just before must not outlast it.
#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_changes_nothing_that_lasts() {
    let auth = Auth::start().await;
    let thief = auth.person("ada@example.com").await;
    let password = json!({"password": PASSWORD});
    let begun = auth.post_as(&thief, "/api/auth/passkeys/register/begin", password.clone()).await.expect(200);
    let device = Authenticator::new(&begun["options"]);
    let offer = auth.post_as(&thief, "/api/auth/mfa/totp", password).await.expect(200);
    assert_eq!(auth.post_as(&thief, "/api/auth/logout-all", json!({})).await.status, 204);

    let passkey = json!({
        "ceremony_id": begun["ceremony_id"], "name": "Mine now", "credential": device.create(&begun["options"]),
    });
    for (path, body) in [
        ("/api/auth/passkeys/register/finish", passkey),
        ("/api/auth/mfa/totp/confirm", json!({"totp": App::new(&offer).code(&auth)})),
        ("/api/user/change-email", json!({"email": "thief@example.com", "password": PASSWORD})),
        (
            "/api/auth/password/change",
            json!({"current_password": PASSWORD, "new_password": "the thief's own password"}),
        ),
    ] {
        auth.post_as(&thief, path, body).await.expect_problem(401, "session_ended");
    }
    let tokens = auth.log_in("ada@example.com", PASSWORD).await.expect(200);
    let ada = auth.signed_in(&tokens).await;
    let passkeys = auth.service.get("/api/auth/passkeys").bearer(&ada.identity).send().await.expect(200);
    assert_eq!(passkeys["data"], json!([]));
}
