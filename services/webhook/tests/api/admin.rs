//! What administrators see of provider events, and replays.

use contracts::webhook::v1::ProviderEventReceived;
use jiff::SignedDuration;
use kernel::{CompanyId, EventId};
use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::support::{delivery, event, start};

const PATH: &str = "/api/admin/webhook-events";

async fn receive(service: &TestService, ids: &[&str]) {
    for id in ids {
        let body = event(id, if *id == "evt_2" { "charge.refunded" } else { "charge.succeeded" });
        delivery(service, "/webhooks/stripe", &body).send().await.expect(200);
    }
}

fn admin(service: &TestService) -> String {
    service.token(&CallerToken::default().admin())
}

async fn list(service: &TestService, query: &str) -> Value {
    service.get(&format!("{PATH}{query}")).bearer(&admin(service)).send().await.expect(200)
}

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|event| event["provider_event_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_are_listed_newest_first_and_narrowed() {
    let service = start().await;
    receive(&service, &["evt_1", "evt_2", "evt_3"]).await;
    let first = list(&service, "?limit=2").await;
    assert_eq!(ids(&first), ["evt_3", "evt_2"]);
    let rest = list(&service, &format!("?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(ids(&rest), ["evt_1"]);
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_eq!(ids(&list(&service, "?event_type=charge.refunded").await), ["evt_2"]);
    assert_eq!(ids(&list(&service, "?provider=stripe&provider_event_id=evt_1").await), ["evt_1"]);
    assert!(ids(&list(&service, "?provider=paypal").await).is_empty());
    assert_eq!(ids(&list(&service, "?received_from=-009999-01-02T00:00:00Z").await).len(), 3);
    let now = service.now();
    assert_eq!(ids(&list(&service, &format!("?received_from={}", now - SignedDuration::from_mins(1))).await).len(), 3);
    assert!(ids(&list(&service, &format!("?received_until={}", now - SignedDuration::from_mins(1))).await).is_empty());
}

#[tokio::test]
async fn one_event_is_shown_with_its_body_and_the_headers_that_matter() {
    let service = start().await;
    receive(&service, &["evt_1"]).await;
    let id = list(&service, "").await["data"][0]["id"].as_str().unwrap().to_owned();
    let shown = service.get(&format!("{PATH}/{id}")).bearer(&admin(&service)).send().await.expect(200);
    assert_eq!(shown["payload"]["type"], "charge.succeeded");
    assert_eq!(shown["publications"], 1);
    let headers: Vec<&String> = shown["headers"].as_object().unwrap().keys().collect();
    assert_eq!(headers, ["content-type", "stripe-signature"]);
}

#[tokio::test]
async fn a_replay_publishes_the_same_bytes_under_a_new_event_id() {
    let service = start().await;
    receive(&service, &["evt_1"]).await;
    let id = list(&service, "").await["data"][0]["id"].as_str().unwrap().to_owned();
    let replay = format!("{PATH}/{id}/replay");
    let answer = service.post(&replay).bearer(&admin(&service)).send().await.expect(200);
    assert_eq!(answer["publications"], 2);
    // Replays race for the next version; each gets its own.
    let token = admin(&service);
    let racing = (0..5).map(|_| service.post(&replay).bearer(&token).send());
    for answer in futures_util::future::join_all(racing).await {
        answer.expect(200);
    }
    let published = service.events::<ProviderEventReceived>().await;
    assert_eq!(published.len(), 7);
    assert!(published.iter().all(|event| *event == published[0]));
}

#[tokio::test]
async fn administrators_only() {
    let service = start().await;
    receive(&service, &["evt_1"]).await;
    let id = list(&service, "").await["data"][0]["id"].as_str().unwrap().to_owned();
    let owner = service.token(&CallerToken::default().owner_of(CompanyId::new()));
    let requests =
        || [service.get(PATH), service.get(&format!("{PATH}/{id}")), service.post(&format!("{PATH}/{id}/replay"))];
    for request in requests() {
        request.send().await.expect_problem(401, "authentication_required");
    }
    for request in requests() {
        request.bearer(&owner).send().await.expect_problem(403, "admin_required");
    }
    assert_eq!(service.events::<ProviderEventReceived>().await.len(), 1);
}

#[tokio::test]
async fn unknown_events_and_wrong_queries_are_refused() {
    let service = start().await;
    let admin = admin(&service);
    for id in [EventId::new().to_string(), "x".to_owned(), CompanyId::new().to_string()] {
        service.get(&format!("{PATH}/{id}")).bearer(&admin).send().await.expect_problem(404, "not_found");
        service.post(&format!("{PATH}/{id}/replay")).bearer(&admin).send().await.expect_problem(404, "not_found");
    }
    for (query, code) in [
        ("limit=0", "invalid_limit"),
        ("cursor=x", "invalid_cursor"),
        ("limit=x", "invalid_query"),
        ("type=x", "invalid_query"),
        ("event_type=%00", "invalid_query"),
        ("received_from=yesterday", "invalid_query"),
    ] {
        service.get(&format!("{PATH}?{query}")).bearer(&admin).send().await.expect_problem(422, code);
    }
    assert_eq!(list(&service, "").await, json!({"data": [], "next_cursor": null}));
}
