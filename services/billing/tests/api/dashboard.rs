//! The platform's figures, put together from the ledger's and our own.

use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::support::{World, cents, processing};

const TURNOVER: &str = "/internal/turnover";

async fn dashboard(world: &World, query: &str, caller: &CallerToken) -> TestResponse {
    let path = format!("/api/admin/financial-dashboard{query}");
    world.service.get(&path).bearer(&world.service.token(caller)).send().await
}

fn day(date: &str, currency: &str, payments: i64) -> Value {
    let moved = |count: i64, amount: i64| json!({"count": count, "amount": amount});
    json!({
        "date": date, "currency": currency, "payments": moved(2, payments), "desk_payments": moved(0, 0),
        "refunds": moved(1, 300), "refunds_returned": moved(0, 0), "desk_refunds": moved(0, 0), "disputes_opened": moved(0, 0),
        "disputes_won": moved(0, 0), "disputes_lost": moved(0, 0), "payouts": moved(1, 50), "payouts_returned": moved(0, 0),
        "commission": 90, "tax": 17, "provider_fees": 5,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_and_what_is_open_are_told_by_currency() {
    let world = World::start().await;
    let days = [day("2027-03-01", "EUR", 1_000), day("2027-03-01", "JPY", 70), day("2027-03-02", "EUR", 500)];
    world.service.peers.get(TURNOVER, json!({"days": days}));
    let pending = world.open_session(&world.hold().await.booking_id).await.expect(201);
    let in_flight = world.open_session(&world.hold().await.booking_id).await.expect(201);
    world.webhook(processing(&in_flight)).await;
    world.pay(&world.hold().await.booking_id).await;

    let admin = CallerToken::default().admin();
    let shown = dashboard(&world, "?from=2027-03-01&to=2027-03-02", &admin).await.expect(200);
    assert_eq!(
        (&shown["from"], &shown["to"], &shown["days"]),
        (&json!("2027-03-01"), &json!("2027-03-02"), &json!(days))
    );
    let euros = &shown["totals"][0];
    assert_eq!((&euros["currency"], &euros["payments"]), (&json!("EUR"), &json!({"count": 4, "amount": 1_500})));
    assert_eq!((&euros["commission"], &euros["refunds"]["amount"]), (&json!(180), &json!(600)));
    assert_eq!(shown["totals"][1]["payments"]["amount"], 70);
    let open = |status: &str, payment: &Value| json!({"currency": "EUR", "status": status, "count": 1, "amount": cents(payment)});
    assert_eq!(shown["open_payments"], json!([open("pending", &pending), open("processing", &in_flight)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_administrators_and_never_made_up() {
    let world = World::start().await;
    dashboard(&world, "", &world.manager).await.expect_problem(403, "admin_required");
    let admin = CallerToken::default().admin();
    for query in ["?from=soon", "?from=2027-03-02&to=2027-03-01", "?from=2026-01-01&to=2027-01-01", "?days=3"] {
        dashboard(&world, query, &admin).await.expect_problem(422, "invalid_query");
    }
    world.service.peers.answer(&format!("GET {TURNOVER}"), 503, json!({"code": "unavailable"}));
    dashboard(&world, "", &admin).await.expect_problem(503, "unavailable");
}
