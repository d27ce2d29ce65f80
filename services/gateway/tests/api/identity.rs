//! Who a request is made for, and how soon a change of that counts.

use contracts::auth::v1::{MembershipChanged, SessionRevoked};
use futures_util::future::join_all;
use serde_json::Value;
use testkit::TestService;

use crate::behind::{Behind, Client};

/// The identity that reaches a service.
async fn identity(gateway: &TestService, token: &str) -> String {
    let answer = gateway.get("/api/bookings/my").bearer(token).send().await.expect(200);
    authorization(&answer).unwrap()
}

fn authorization(answer: &Value) -> Option<String> {
    let values = answer["headers"].get("authorization")?.as_array().unwrap();
    assert_eq!(values.len(), 1, "{values:?}");
    values[0].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn services_see_the_internal_identity_and_never_the_clients_token() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let client = Client::new();
    let token = behind.token(&gateway, client);
    let expected = format!("Bearer {}.{}.0", client.user, client.session);
    assert_eq!(identity(&gateway, &token).await, expected);
    assert_eq!(identity(&gateway, &token).await, expected);
    assert_eq!(behind.exchanges(), 1, "the second request needs no question");
    let anonymous = gateway.get("/api/studios").send().await.expect(200);
    assert_eq!(authorization(&anonymous), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_token_keeps_nobody_from_signing_in() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for path in
        ["/api/auth/login", "/api/auth/register", "/api/auth/refresh", "/api/auth/verify-email", "/webhooks/stripe"]
    {
        let answer = gateway.post(path).bearer("expired").send().await.expect(200);
        assert_eq!(authorization(&answer), None, "{path}");
    }
    gateway.get("/.well-known/jwks.json").bearer("expired").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_at_once_ask_auth_once() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let token = behind.token(&gateway, Client::new());
    let all = join_all((0..50).map(|_| identity(&gateway, &token))).await;
    assert!(all.iter().all(|one| *one == all[0]));
    assert_eq!(behind.exchanges(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_takes_effect_at_once() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let client = Client::new();
    let token = behind.token(&gateway, client);
    identity(&gateway, &token).await;
    gateway.post("/api/auth/logout").bearer(&token).send().await.expect(204);
    gateway.get("/api/bookings/my").bearer(&token).send().await.expect_problem(401, "session_revoked");
    // The user's other devices stay signed in.
    let other = Client { session: kernel::SessionId::new(), ..client };
    identity(&gateway, &behind.token(&gateway, other)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_company_counts_in_the_next_request() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let token = behind.token(&gateway, Client::new());
    assert!(identity(&gateway, &token).await.ends_with(".0"));
    gateway.post("/api/companies").bearer(&token).send().await.expect(201);
    assert!(identity(&gateway, &token).await.ends_with(".1"));
    // Reading changes nothing, and neither do writes elsewhere.
    let before = behind.exchanges();
    gateway.get("/api/companies/com_1").bearer(&token).send().await.expect(200);
    gateway.post("/api/bookings").bearer(&token).send().await.expect(200);
    identity(&gateway, &token).await;
    assert_eq!(behind.exchanges(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_revoked_elsewhere_is_refused_without_asking() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let client = Client::new();
    let token = behind.token(&gateway, client);
    identity(&gateway, &token).await;
    let asked = behind.exchanges();
    let revoked = SessionRevoked { session_id: client.session.to_string(), user_id: client.user.to_string() };
    gateway.deliver(client.user.uuid(), 1, &revoked).await;
    testkit::eventually("the session is refused", async || {
        let answer = gateway.get("/api/bookings/my").bearer(&token).send().await;
        (answer.status == 401).then_some(())
    })
    .await;
    assert_eq!(behind.exchanges(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_changed_by_somebody_else_counts_when_it_is_heard_of() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let client = Client::new();
    let token = behind.token(&gateway, client);
    identity(&gateway, &token).await;
    behind.change(client.user);
    let changed = MembershipChanged {
        company_id: kernel::CompanyId::new().to_string(),
        user_id: client.user.to_string(),
        role: "manager".to_owned(),
    };
    gateway.deliver(client.user.uuid(), 1, &changed).await;
    testkit::eventually("the new role counts", async || identity(&gateway, &token).await.ends_with(".1").then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_identities_end_by_the_platforms_clock() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let token = behind.token(&gateway, Client::new());
    identity(&gateway, &token).await;
    gateway.advance_secs(280).await;
    identity(&gateway, &token).await;
    assert_eq!(behind.exchanges(), 2, "an internal token is not used to its last second");
    gateway.advance_secs(400).await;
    gateway.get("/api/bookings/my").bearer(&token).send().await.expect_problem(401, "token_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_revoked_before_it_was_ever_seen_is_refused() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let client = Client::new();
    behind.revoke(client.session);
    let token = behind.token(&gateway, client);
    for _ in 0..3 {
        gateway.get("/api/bookings/my").bearer(&token).send().await.expect_problem(401, "session_revoked");
    }
    assert_eq!(behind.exchanges(), 1, "a client that does not give up costs auth nothing");
}
