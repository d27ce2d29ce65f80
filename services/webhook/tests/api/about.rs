//! What providers have told about a payment, as billing asks for it.

use serde_json::{Value, json};
use testkit::TestService;

use crate::support::{delivery, start};

const PATH: &str = "/internal/provider-events/about";

async fn about(service: &TestService, subjects: &[&str]) -> Vec<String> {
    let token = service.keys.service_token("billing", "webhook");
    let body = json!({"subjects": subjects});
    let found = service.post(PATH).bearer(&token).json(body).send().await.expect(200);
    let id = |event: &Value| event["provider_event_id"].as_str().unwrap().to_owned();
    found["events"].as_array().unwrap().iter().map(id).collect()
}

fn refund(event_id: &str, refund_id: &str, intent: &str) -> String {
    let object = json!({
        "id": refund_id, "object": "refund", "amount": 5, "currency": "eur", "payment_intent": intent, "metadata": {},
        "status": "succeeded", "balance_transaction": "txn_1",
    });
    let data = json!({"object": object});
    json!({"id": event_id, "object": "event", "type": "refund.updated", "created": 1_803_891_600, "data": data})
        .to_string()
}

#[tokio::test]
async fn events_are_found_by_every_id_that_they_name() {
    let service = start().await;
    for body in [refund("evt_1", "re_1", "pi_1"), refund("evt_2", "re_2", "pi_1"), refund("evt_3", "re_3", "pi_3")] {
        delivery(&service, "/webhooks/stripe", &body).send().await.expect(200);
    }
    assert_eq!(about(&service, &["pi_1"]).await, ["evt_2", "evt_1"]);
    assert_eq!(about(&service, &["re_1", "re_3", "re_9"]).await, ["evt_3", "evt_1"]);
    assert!(about(&service, &["evt_1"]).await.is_empty());
}

#[tokio::test]
async fn only_billing_asks_and_only_for_ids() {
    let service = start().await;
    let other = service.keys.service_token("booking", "webhook");
    let asked = service.post(PATH).bearer(&other).json(json!({"subjects": ["pi_1"]})).send().await;
    assert_eq!(asked.status.as_u16(), 403);
    let token = service.keys.service_token("billing", "webhook");
    for subjects in [json!([]), json!([""]), json!(["a\u{0}"]), json!(vec!["x"; 501]), json!(["x".repeat(256)])] {
        let asked = service.post(PATH).bearer(&token).json(json!({"subjects": subjects})).send().await;
        asked.expect_problem(422, "invalid_subjects");
    }
}
