//! Deliveries of Square: signed over the public address and the body.

use base64::{Engine, prelude::BASE64_STANDARD};
use contracts::webhook::v1::ProviderEventReceived;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use testkit::{TestRequest, TestService};

const PATH: &str = "/webhooks/square";
const URL: &str = "https://roomtone.example/webhooks/square";
const NEW: &str = "new-signature-key";
const OLD: &str = "old-signature-key";

async fn start(keys: &str) -> TestService {
    TestService::builder(webhook::service())
        .setting("square_access_token", "EAAA")
        .setting("square_location_id", "L1")
        .setting("square_environment", "sandbox")
        .setting("square_webhook_url", URL)
        .setting("square_webhook_signature_keys", keys)
        .start()
        .await
}

fn event(id: &str) -> String {
    let created = "2027-03-28T10:00:00Z";
    json!({"merchant_id": "M1", "type": "payment.updated", "event_id": id, "created_at": created, "data": {"object": {}}})
        .to_string()
}

fn signature(key: &str, url: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length");
    mac.update(format!("{url}{body}").as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

fn delivery(service: &TestService, signature: &str, body: &str) -> TestRequest {
    service.post(PATH).header("x-square-hmacsha256-signature", signature).raw("application/json", body.to_owned())
}

#[tokio::test]
async fn an_event_of_square_is_stored_once_under_its_own_id() {
    let service = start(NEW).await;
    let body = event("e-1");
    for _ in 0..3 {
        delivery(&service, &signature(NEW, URL, &body), &body).send().await.expect(200);
    }
    let published = service.events::<ProviderEventReceived>().await;
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].provider.as_str(), published[0].provider_event_id.as_str()), ("square", "e-1"));
    assert_eq!((published[0].event_type.as_str(), &published[0].payload[..]), ("payment.updated", body.as_bytes()));
}

#[tokio::test]
async fn both_keys_are_good_while_one_replaces_the_other_and_only_then() {
    let during = start(&format!("{NEW},{OLD}")).await;
    let body = event("e-1");
    for key in [OLD, NEW] {
        delivery(&during, &signature(key, URL, &body), &body).send().await.expect(200);
    }
    let after = start(NEW).await;
    let old = delivery(&after, &signature(OLD, URL, &body), &body);
    old.send().await.expect_problem(400, "invalid_signature");
    assert!(after.events::<ProviderEventReceived>().await.is_empty());
}

#[tokio::test]
async fn what_square_did_not_sign_for_this_address_leaves_nothing() {
    let service = start(NEW).await;
    let body = event("e-1");
    let forged = [
        ("another key", signature("other", URL, &body)),
        ("another address", signature(NEW, "https://roomtone.example/webhooks/square/", &body)),
        ("the address where we are in fact", signature(NEW, &format!("{}{PATH}", service.url), &body)),
        ("another body", signature(NEW, URL, &body.replace("e-1", "e-2"))),
        ("one byte more", signature(NEW, URL, &format!("{body} "))),
        ("nothing", String::new()),
        ("no base64", "%%%".to_owned()),
        ("a signature of Stripe's kind", "t=1,v1=00".to_owned()),
    ];
    for (what, signature) in forged {
        let answer = delivery(&service, &signature, &body).send().await;
        assert_eq!(answer.status.as_u16(), 400, "{what}");
    }
    service.post(PATH).raw("application/json", body.clone()).send().await.expect_problem(400, "invalid_signature");
    assert!(service.events::<ProviderEventReceived>().await.is_empty());
}

#[tokio::test]
async fn a_huge_body_is_refused_before_it_is_checked() {
    let service = start(NEW).await;
    let body = "x".repeat(1024 * 1024 + 1);
    let answer = delivery(&service, &signature(NEW, URL, &body), &body).send().await;
    answer.expect_problem(413, "payload_too_large");
}
