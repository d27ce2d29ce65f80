//! API keys instead of sessions.

use contracts::auth::v1::ApiKeyRevoked;
use kernel::{CompanyId, UserId};
use testkit::TestService;

use crate::behind::{Behind, Client, KeyOwner};

const KEY: &str = "rtk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

async fn identity(gateway: &TestService, key: &str) -> String {
    let answer = gateway.get("/api/bookings/my").bearer(key).send().await.expect(200);
    let values = answer["headers"]["authorization"].as_array().unwrap().clone();
    assert_eq!(values.len(), 1, "{values:?}");
    values[0].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_becomes_an_internal_identity_and_is_asked_for_once() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    behind.add_api_key(KEY, "key_1", KeyOwner::User(UserId::new()));
    for _ in 0..3 {
        assert_eq!(identity(&gateway, KEY).await, "Bearer key_1.key.0");
    }
    assert_eq!(behind.exchanges(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_good_are_refused_and_not_asked_for_again() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for _ in 0..3 {
        gateway.get("/api/studios").bearer("rtk_unknown").send().await.expect_problem(401, "invalid_api_key");
    }
    assert_eq!(behind.exchanges(), 1, "a client that does not give up costs auth nothing");
    for malformed in ["rtk_", "rtk_a.b.c", "rtk_a b", &format!("rtk_{}", "a".repeat(4000))] {
        gateway.get("/api/studios").bearer(malformed).send().await.expect_problem(401, "invalid_api_key");
    }
    assert_eq!(behind.exchanges(), 1, "what cannot be a key is not asked for at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_somebodys_rights_changes_those_of_their_keys_and_of_no_others() {
    const OTHER: &str = "rtk_another_9abcdefghijklmnopqrstuvwxyzABCDEFG";
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let ada = Client::new();
    behind.add_api_key(KEY, "key_1", KeyOwner::User(ada.user));
    behind.add_api_key(OTHER, "key_2", KeyOwner::User(UserId::new()));
    assert!(identity(&gateway, KEY).await.ends_with(".0") && identity(&gateway, OTHER).await.ends_with(".0"));
    behind.change("key_1");
    gateway.post("/api/companies").bearer(&behind.token(&gateway, ada)).send().await.expect(201);
    assert!(identity(&gateway, KEY).await.ends_with(".1"));
    let asked = behind.exchanges();
    identity(&gateway, OTHER).await;
    assert_eq!(behind.exchanges(), asked, "whoever writes something costs the others nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companys_key_is_asked_for_anew_after_a_write_to_that_company_only() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let (company, other) = (CompanyId::new(), CompanyId::new());
    behind.add_api_key(KEY, "key_1", KeyOwner::Company(company));
    identity(&gateway, KEY).await;
    let token = behind.token(&gateway, Client::new());
    let write = |company| gateway.post(&format!("/api/companies/{company}/settings")).bearer(&token).send();
    write(other).await.expect(200);
    identity(&gateway, KEY).await;
    let asked = behind.exchanges();
    behind.revoke_api_key(KEY);
    write(company).await.expect(200);
    gateway.get("/api/bookings/my").bearer(KEY).send().await.expect_problem(401, "invalid_api_key");
    assert_eq!(behind.exchanges(), asked + 2, "the writer, and the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_with_what_auth_has_granted() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    behind.add_api_key(KEY, "key_1", KeyOwner::User(UserId::new()));
    identity(&gateway, KEY).await;
    behind.revoke_api_key(KEY);
    gateway.advance_secs(280).await;
    gateway.get("/api/bookings/my").bearer(KEY).send().await.expect_problem(401, "invalid_api_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_revoked_elsewhere_is_refused_when_that_is_heard_of() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    behind.add_api_key(KEY, "key_1", KeyOwner::User(UserId::new()));
    identity(&gateway, KEY).await;
    behind.revoke_api_key(KEY);
    let revoked = ApiKeyRevoked { key_id: "key_1".to_owned(), ..ApiKeyRevoked::default() };
    gateway.deliver(kernel::new_uuid(), 1, &revoked).await;
    testkit::eventually("the key is refused", async || {
        let answer = gateway.get("/api/bookings/my").bearer(KEY).send().await;
        (answer.status == 401).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auth_a_new_key_is_told_to_wait_and_not_refused() {
    let behind = Behind::start();
    let auth = Behind::start();
    let gateway = behind.gateway().setting("auth_url", &auth.url).start().await;
    auth.stop().await;
    let answer = gateway.get("/api/bookings/my").bearer(KEY).send().await;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (503, "1"));
}
