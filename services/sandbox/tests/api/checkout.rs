//! The hosted page, as a browser without scripts uses it.

use serde_json::json;

use crate::harness::{AUTHENTICATION, NO_FUNDS, SUCCESS, TestSandbox};

fn path_of(url: &url::Url) -> String {
    url.path().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_pays_after_a_decline() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    assert!(session.checkout_url.as_str().starts_with(&sandbox.url));
    let path = path_of(&session.checkout_url);
    let page = sandbox.get(&path).send().await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.text.contains("90.00 EUR") && page.text.contains("<label for=\"card\">"), "{}", page.text);
    assert!(page.text.contains("Room &lt;1&gt; &amp; more") && !page.text.contains("<1>"), "{}", page.text);
    assert!(!page.text.contains("<script") && !page.text.contains("src="), "nothing is loaded");

    let declined = sandbox.form(&path, &format!("card={NO_FUNDS}")).send().await;
    assert_eq!(declined.status.as_u16(), 402);
    assert!(
        declined.text.contains("role=\"alert\"") && declined.text.contains("insufficient funds"),
        "{}",
        declined.text
    );

    let paid = sandbox.form(&path, "card=4242+4242+4242+4242").send().await;
    assert_eq!(paid.status.as_u16(), 303);
    let id = &session.provider_session_id;
    assert_eq!(paid.headers["location"], format!("http://127.0.0.1:8080/paid?session={id}"));

    for again in [sandbox.get(&path), sandbox.form(&path, &format!("card={SUCCESS}"))] {
        let again = again.send().await;
        assert_eq!(again.status.as_u16(), 409);
        assert!(again.text.contains("Already paid"), "{}", again.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_confirms_at_the_bank() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    let path = path_of(&session.checkout_url);
    let asked = sandbox.form(&path, &format!("card={AUTHENTICATION}")).send().await;
    assert_eq!(asked.status.as_u16(), 303);
    let bank = asked.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(sandbox.get(&path).send().await.headers["location"], bank, "the page leads to the open question");
    assert!(sandbox.get(&bank).send().await.text.contains("3-D Secure"));

    let refused = sandbox.form(&bank, "answer=refuse").send().await;
    assert_eq!(refused.status.as_u16(), 402);
    sandbox.form(&path, &format!("card={AUTHENTICATION}")).send().await;
    let paid = sandbox.form(&bank, "answer=approve").send().await;
    assert!(paid.headers["location"].to_str().unwrap().starts_with("http://127.0.0.1:8080/paid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_or_unknown_session_says_so() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    let path = path_of(&session.checkout_url);
    sandbox.stripe.expire_session(&session.provider_session_id).await.unwrap();
    let expired = sandbox.form(&path, &format!("card={SUCCESS}")).send().await;
    assert_eq!(expired.status.as_u16(), 410);
    assert!(expired.text.contains("http://127.0.0.1:8080/cancelled"), "{}", expired.text);
    assert_eq!(sandbox.get("/checkout/cs_unknown").send().await.status.as_u16(), 404);
    // Only what was under way still arrives.
    assert_eq!(sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await, "succeeded");
}
