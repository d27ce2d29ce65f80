//! Deliveries of providers.

use contracts::webhook::v1::ProviderEventReceived;
use serde_json::json;
use testkit::{CallerToken, TestService};

use crate::support::{SECRET, delivery, event, signature, start};

const PATH: &str = "/webhooks/stripe";

async fn published(service: &TestService) -> Vec<ProviderEventReceived> {
    service.events::<ProviderEventReceived>().await
}

#[tokio::test]
async fn an_event_is_stored_and_published_as_it_was_sent() {
    let service = start().await;
    let body = event("evt_1", "checkout.session.completed").replace(",\"data\"", " ,\n\"data\"");
    let answer = delivery(&service, PATH, &body).send().await.expect(200);
    assert_eq!(answer, json!({"received": true}));
    let published = published(&service).await;
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].payload, body.as_bytes());
    assert_eq!(published[0].provider, "stripe");
    assert_eq!(published[0].provider_event_id, "evt_1");
    assert_eq!(published[0].event_type, "checkout.session.completed");
}

/// Stripe puts what a client confirms a payment with into its events. It is signed with it, and kept without it.
#[tokio::test]
async fn the_secret_of_a_payment_is_neither_stored_nor_published() {
    let service = start().await;
    let object = r#"{"id":"pi_1","client_secret":"pi_1_secret_abc","last_payment_error":{"payment_intent":{"client_secret":"pi_1_secret_abc"}},"amount":9000}"#;
    let body = event("evt_1", "payment_intent.succeeded").replace("\"object\":{}", &format!("\"object\":{object}"));
    delivery(&service, PATH, &body).send().await.expect(200);
    let told = published(&service).await;
    let kept: serde_json::Value = serde_json::from_slice(&told[0].payload).unwrap();
    assert_eq!(
        (&kept["data"]["object"]["amount"], &kept["data"]["object"]["client_secret"]),
        (&json!(9000), &json!(null))
    );
    assert!(!kept.to_string().contains("secret_abc"));
    let path = format!("/api/admin/webhook-events?provider_event_id={}", told[0].provider_event_id);
    let admin = service.token(&CallerToken::default().admin());
    let seen = service.get(&path).bearer(&admin).send().await.expect(200);
    let path = format!("/api/admin/webhook-events/{}", seen["data"][0]["id"].as_str().unwrap());
    assert!(!service.get(&path).bearer(&admin).send().await.text.contains("secret_abc"));
}

#[tokio::test]
async fn a_repeat_is_answered_alike_and_published_once() {
    let service = start().await;
    let body = event("evt_1", "charge.refunded");
    for path in [PATH, "/api/stripe/webhook", PATH] {
        delivery(&service, path, &body).send().await.expect(200);
    }
    assert_eq!(published(&service).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twenty_times_at_once_is_published_once() {
    let service = start().await;
    let body = event("evt_1", "payment_intent.succeeded");
    let deliveries = (0..20).map(|_| delivery(&service, PATH, &body).send());
    for answer in futures_util::future::join_all(deliveries).await {
        answer.expect(200);
    }
    assert_eq!(published(&service).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_signed_by_the_provider_now_is_refused_and_leaves_nothing() {
    let service = start().await;
    let body = event("evt_1", "charge.refunded");
    let now = service.now().as_second();
    let forged = [
        String::new(),
        "t=1".to_owned(),
        signature("whsec_other", now, body.as_bytes()),
        signature(SECRET, now, b"{}"),
        signature(SECRET, now - 400, body.as_bytes()),
        signature(SECRET, now + 400, body.as_bytes()),
    ];
    for signature in forged {
        let request = service.post(PATH).header("stripe-signature", &signature).raw("application/json", body.clone());
        request.send().await.expect_problem(400, "invalid_signature");
    }
    let unsigned = service.post(PATH).raw("application/json", body.clone());
    unsigned.send().await.expect_problem(400, "invalid_signature");
    assert!(published(&service).await.is_empty());
    delivery(&service, PATH, &body).send().await.expect(200);
}

#[tokio::test]
async fn the_age_of_a_signature_is_judged_by_the_platforms_clock() {
    let service = start().await;
    service.advance_secs(3 * 24 * 3600).await;
    delivery(&service, PATH, &event("evt_1", "charge.refunded")).send().await.expect(200);
}

#[tokio::test]
async fn signed_bodies_that_say_nothing_are_kept_too() {
    let service = start().await;
    for body in ["", "not json", "[]", r#"{"id":"evt\u0000","type":"a\nb"}"#, r#"{"id":5}"#] {
        delivery(&service, PATH, body).send().await.expect(200);
        delivery(&service, PATH, body).send().await.expect(200);
    }
    let published = published(&service).await;
    assert_eq!(published.len(), 5);
    assert!(published.iter().all(|event| event.provider_event_id.starts_with("sha256:")));
}

#[tokio::test]
async fn providers_that_are_not_configured_are_not_there() {
    let service = TestService::builder(webhook::service())
        .setting("stripe_secret_key", "sk_test_x")
        .setting("stripe_webhook_secret", SECRET)
        .start()
        .await;
    let body = event("evt_1", "x");
    delivery(&service, PATH, &body).send().await.expect(200);
    for path in ["/webhooks/square", "/webhooks/paypal", "/webhooks/other", "/webhooks/Stripe"] {
        delivery(&service, path, &body).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused_announced_or_not() {
    let service = start().await;
    let largest = format!("\"{}\"", "x".repeat(1024 * 1024 - 2));
    delivery(&service, PATH, &largest).send().await.expect(200);
    let larger = format!("{largest} ");
    delivery(&service, PATH, &larger).send().await.expect_problem(413, "payload_too_large");
    assert_eq!(published(&service).await.len(), 1);
}
