//! A company connects its own Square account: nothing of it is readable at rest, and its tokens are kept fresh.

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use secrecy::SecretString;
use testkit::eventually;

use crate::support::{Layout, Scene, TestPlatform};

#[derive(diesel::QueryableByName)]
struct Sealed {
    #[diesel(sql_type = Text)]
    access_token: String,
    #[diesel(sql_type = Text)]
    refresh_token: String,
}

async fn sealed(platform: &TestPlatform) -> Sealed {
    let db = platform.db("billing");
    let mut conn = db.conn().await.unwrap();
    let query = "SELECT access_token, refresh_token FROM provider_connections";
    diesel::sql_query(query).get_result(&mut *conn).await.unwrap()
}

/// The owner is sent to Square and answers there; what the callback says to the browser that comes back.
pub async fn connect(platform: &TestPlatform, scene: &Scene, answer: &str) -> (String, testkit::TestResponse) {
    let path = format!("/api/payments/square/oauth?company_id={}", scene.company_id);
    let begun = scene.owner.get(platform, &path).send().await.expect(200);
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let consent = browser.post(begun["authorization_url"].as_str().unwrap()).form(&[("answer", answer)]);
    let sent_back = consent.send().await.unwrap();
    assert_eq!(sent_back.status().as_u16(), 303);
    let location = sent_back.headers()["location"].to_str().unwrap();
    let path = location.split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).unwrap();
    let answer = platform.get(&path).send().await;
    (path, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companys_square_account_is_connected_kept_fresh_and_forgotten() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let path = format!("/api/payments/square/connection?company_id={}", scene.company_id);
    scene.owner.get(&platform, &path).send().await.expect_problem(404, "not_found");

    let (callback, connected) = connect(&platform, &scene, "allow").await;
    let connected = connected.expect(200);
    assert_eq!(
        (&connected["state"], &connected["company_id"]),
        (&"connected".into(), &scene.company_id.clone().into())
    );
    platform.get(&callback).send().await.expect_problem(400, "invalid_state");
    assert_eq!(scene.owner.get(&platform, &path).send().await.expect(200)["merchant_id"], connected["merchant_id"]);

    let before = sealed(&platform).await;
    for token in [&before.access_token, &before.refresh_token] {
        assert!(token.starts_with("v1.dev.") && !token.contains("EAAA"), "{token}");
    }
    rotates(&platform, &before).await;

    platform.advance_secs(8 * 24 * 3600).await;
    eventually("the tokens were exchanged", || async {
        (sealed(&platform).await.refresh_token != before.refresh_token).then_some(())
    })
    .await;
    let mut owner = scene.owner;
    owner.sign_in_again(&platform).await;
    assert_eq!(owner.get(&platform, &path).send().await.expect(200)["state"], "connected");
    let gone =
        platform.client.delete(format!("{}{path}", platform.url)).bearer_auth(&owner.token).send().await.unwrap();
    assert_eq!(gone.status().as_u16(), 204);
    owner.get(&platform, &path).send().await.expect_problem(404, "not_found");
    platform.stop().await;
}

/// A new key takes over without anybody noticing.
async fn rotates(platform: &TestPlatform, before: &Sealed) {
    let development = platform.source.secret("provider_token_key").unwrap();
    let old = format!("dev:{}", secrecy::ExposeSecret::expose_secret(&development));
    let keys = SecretString::from(format!("next:a secret of a good forty characters in all,{old}"));
    let vault = providers::TokenVault::new(&keys).unwrap();
    assert_eq!(billing::rewrap_tokens(&platform.db("billing"), &vault).await.unwrap(), 2);
    let rotated = sealed(platform).await;
    assert!(rotated.access_token.starts_with("v1.next."));
    assert_eq!(rotated.access_token.rsplit('.').next(), before.access_token.rsplit('.').next());
    // The running platform knows the old key alone, so it gets its envelopes back.
    let keys = SecretString::from(format!("{old},next:a secret of a good forty characters in all"));
    let vault = providers::TokenVault::new(&keys).unwrap();
    assert_eq!(billing::rewrap_tokens(&platform.db("billing"), &vault).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_connected_without_having_agreed() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let (_, refused) = connect(&platform, &scene, "deny").await;
    refused.expect_problem(409, "connection_refused");
    for query in ["state=made-up&code=x", "state=&code=", "state=x"] {
        let path = format!("/api/payments/square/callback?{query}");
        platform.get(&path).send().await.expect_problem(400, "invalid_state");
    }
    let nothing = platform.get("/api/payments/square/callback?code=x").send().await;
    nothing.expect_problem(422, "invalid_query");
    let begin = format!("/api/payments/square/oauth?company_id={}", scene.company_id);
    scene.customer.get(&platform, &begin).send().await.expect_problem(404, "not_found");
    let path = format!("/api/payments/square/connection?company_id={}", scene.company_id);
    scene.owner.get(&platform, &path).send().await.expect_problem(404, "not_found");
    platform.stop().await;
}
