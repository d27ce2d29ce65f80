//! What the platform's administrators see of payments, and what they do to them.

use contracts::billing::v1::{FinancialActionTaken, RefundReturned};
use kernel::{CompanyId, EventId, TransferId, UserId};
use providers::RefundStatus;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse, eventually};

use crate::support::{World, declined, payment_id};

const TOLD: &str = "/internal/provider-events/about";
const BOOKED: &str = "/internal/transfers/about";

async fn list(world: &World, query: &str) -> TestResponse {
    let admin = world.service.token(&CallerToken::default().admin());
    world.service.get(&format!("/api/admin/transactions{query}")).bearer(&admin).send().await
}

async fn found(world: &World, query: &str) -> Vec<String> {
    let page = list(world, query).await.expect(200);
    page["data"].as_array().unwrap().iter().map(|payment| payment["id"].as_str().unwrap().to_owned()).collect()
}

async fn detail(world: &World, payment: &Value) -> Value {
    let admin = world.service.token(&CallerToken::default().admin());
    let path = format!("/api/admin/payments/{}", payment["id"].as_str().unwrap());
    world.service.get(&path).bearer(&admin).send().await.expect(200)
}

async fn ask_again(world: &World, payment: &Value, body: Value) -> TestResponse {
    let admin = world.service.token(&CallerToken::default().admin());
    let path = format!("/api/admin/payments/{}/verify", payment["id"].as_str().unwrap());
    world.service.post(&path).bearer(&admin).header("x-forwarded-for", "192.0.2.7").json(body).send().await
}

fn id(payment: &Value) -> String {
    payment["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_found_by_everything_that_an_administrator_may_know_of_them() {
    let world = World::start().await;
    let booking = world.hold().await;
    let pending = world.open_session(&booking.booking_id).await.expect(201);
    let paid = world.pay(&world.hold().await.booking_id).await;
    let refunded = world.pay(&world.hold().await.booking_id).await;
    let refund = world.refund(&refunded, Some(100)).await.expect(201);
    world.payment_becomes(&refunded, "partially_refunded").await;
    assert_eq!(found(&world, "").await, [id(&refunded), id(&paid), id(&pending)], "newest first");
    let first = list(&world, "?limit=2").await.expect(200);
    assert_eq!(first["data"][0]["company_id"], json!(world.company));
    let rest = format!("?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(found(&world, &rest).await, [id(&pending)]);

    let provider_id = paid["provider_payment_id"].as_str().unwrap();
    let created = paid["created_at"].as_str().unwrap();
    for (query, wanted) in [
        ("?status=pending".to_owned(), vec![&pending]),
        ("?status=succeeded".to_owned(), vec![&paid]),
        ("?status=partially_refunded".to_owned(), vec![&refunded]),
        ("?status=refunded".to_owned(), vec![]),
        ("?provider=stripe&currency=EUR".to_owned(), vec![&refunded, &paid, &pending]),
        ("?provider=paypal".to_owned(), vec![]),
        (format!("?company_id={}", world.company), vec![&refunded, &paid, &pending]),
        (format!("?company_id={}", CompanyId::new()), vec![]),
        (format!("?customer_id={}", world.customer_id()), vec![&refunded, &paid, &pending]),
        (format!("?customer_id={}", UserId::new()), vec![]),
        ("?amount_from=11900&amount_to=11900".to_owned(), vec![&refunded, &paid, &pending]),
        ("?amount_from=11901".to_owned(), vec![]),
        (format!("?created_until={created}"), vec![&pending]),
        ("?created_from=-005000-01-01T00:00:00Z".to_owned(), vec![&refunded, &paid, &pending]),
        (format!("?text={}", id(&paid)), vec![&paid]),
        (format!("?text={provider_id}"), vec![&paid]),
        (format!("?text={}", booking.booking_id), vec![&pending]),
        (format!("?text={}", id(&refund)), vec![&refunded]),
        (format!("?text=re_{}", id(&refund)), vec![&refunded]),
        (format!("?text=cs_{}", id(&pending)), vec![&pending]),
        ("?text=nobody%20knows".to_owned(), vec![]),
    ] {
        let wanted: Vec<String> = wanted.into_iter().map(id).collect();
        assert_eq!(found(&world, &query).await, wanted, "{query}");
    }
    for query in
        ["?status=paid", "?provider=visa", "?text=a%00b", "?currency=XXX", "?format=pdf", "?format=csv&limit=3"]
    {
        list(&world, query).await.expect_problem(422, "invalid_query");
    }
    list(&world, "?limit=101").await.expect_problem(422, "invalid_limit");
    let refused = world.as_manager(world.service.get("/api/admin/transactions")).send().await;
    refused.expect_problem(403, "admin_required");

    let csv = list(&world, "?format=csv&status=pending").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", csv.text);
    assert!(lines[1].starts_with(&id(&pending)) && lines[1].contains(",EUR,119.00,0.00,0.00,"), "{}", lines[1]);
}

fn told() -> Value {
    json!({
        "id": EventId::new(), "provider": "stripe", "provider_event_id": "evt_1", "event_type": "refund.updated",
        "created_at": "2027-03-01T00:00:00Z", "received_at": "2027-03-01T00:00:01Z", "publications": 1,
    })
}

fn booked(source: &str) -> Value {
    json!({
        "transfers": [{
            "id": TransferId::new(), "kind": "payment_received", "source": source, "source_event": null,
            "effective_at": "2027-03-01T00:00:00Z", "recorded_at": "2027-03-01T00:00:01Z", "reverses": null,
            "phase": "posted", "hold_id": null, "reason": null, "entries": [],
        }],
        "actions": [],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_shown_with_what_everybody_knows_of_it_and_without_whoever_is_out() {
    let world = World::start().await;
    let payment = world.open_session(&world.hold().await.booking_id).await.expect(201);
    world.webhook(declined(&payment, "insufficient_funds", 1)).await;
    world.webhook(crate::support::succeeded(&payment)).await;
    let refund = world.refund(&payment, Some(100)).await.expect(201);
    world.payment_becomes(&payment, "partially_refunded").await;
    world.service.peers.post(TOLD, json!({"events": [told()]}));
    world.service.peers.post(BOOKED, booked(&id(&payment)));
    let shown = detail(&world, &payment).await;
    assert_eq!((&shown["payment"]["id"], &shown["missing"]), (&payment["id"], &json!([])));
    let results: Vec<&Value> = shown["attempts"].as_array().unwrap().iter().map(|tried| &tried["result"]).collect();
    assert_eq!(results, ["succeeded", "declined"]);
    assert_eq!(shown["attempts"][1]["failure_code"], "insufficient_funds");
    let known = &shown["refunds"][0];
    assert_eq!((&known["id"], &known["cause"]), (&refund["id"], &json!("requested")));
    assert_eq!(known["provider_refund_id"], json!(format!("re_{}", id(&refund))));
    assert_eq!(shown["provider_events"][0]["provider_event_id"], "evt_1");
    assert_eq!(shown["ledger"]["transfers"][0]["kind"], "payment_received");

    world.service.peers.answer(&format!("POST {TOLD}"), 503, json!({"code": "unavailable"}));
    let shown = detail(&world, &payment).await;
    assert_eq!((&shown["missing"], &shown["provider_events"]), (&json!(["webhook"]), &json!([])));
    assert_eq!(shown["ledger"]["transfers"][0]["source"], payment["id"]);
    world.service.peers.answer(&format!("POST {BOOKED}"), 503, json!({"code": "unavailable"}));
    assert_eq!(detail(&world, &payment).await["missing"], json!(["webhook", "ledger"]));

    let path = format!("/api/admin/payments/{}", kernel::PaymentId::new());
    let admin = world.service.token(&CallerToken::default().admin());
    world.service.get(&path).bearer(&admin).send().await.expect_problem(404, "not_found");
    world.as_customer(world.service.get(&path)).send().await.expect_problem(403, "admin_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_finds_what_was_lost_and_stands_in_the_trail() {
    let world = World::start().await;
    let payment = world.open_session(&world.hold().await.booking_id).await.expect(201);
    world.provider.pay_silently(payment_id(&payment));
    let because = || json!({"reason": " The customer shows a receipt "});
    let shown = ask_again(&world, &payment, because()).await.expect(200);
    assert_eq!((&shown["payment"]["status"], &shown["missing"]), (&json!("succeeded"), &json!(["webhook", "ledger"])));
    world.refund(&payment, Some(100)).await.expect(201);
    world.payment_becomes(&payment, "partially_refunded").await;
    // It did not arrive, and nobody has told.
    world.provider.decide_refunds(RefundStatus::Failed);
    let shown = ask_again(&world, &payment, because()).await.expect(200);
    assert_eq!((&shown["payment"]["status"], &shown["refunds"][0]["status"]), (&json!("succeeded"), &json!("failed")));
    assert_eq!(world.service.events::<RefundReturned>().await.len(), 1);

    let told = world.service.events::<FinancialActionTaken>().await;
    let asked: Vec<_> = told.iter().filter(|told| told.action == "payment_asked_again").collect();
    assert_eq!(asked.len(), 2);
    assert_eq!((&asked[0].subject, asked[0].reason.as_str()), (&id(&payment), "The customer shows a receipt"));
    assert_eq!(asked[0].address, "192.0.2.7");
    for body in [json!({}), json!({"reason": " "}), json!({"reason": "x".repeat(501)}), json!({"reason": "a\u{7}b"})] {
        assert_eq!(ask_again(&world, &payment, body).await.status.as_u16(), 422);
    }
    world.provider.set_down(true);
    ask_again(&world, &payment, because()).await.expect_problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_makes_a_refund_that_waits_for_its_next_try() {
    let world = World::start().await;
    let payment = world.pay(&world.hold().await.booking_id).await;
    world.provider.set_down(true);
    world.refund(&payment, Some(700)).await.expect(201);
    eventually("it was tried in vain", async || (world.count("refunds WHERE retries > 0").await == 1).then_some(()))
        .await;
    world.provider.set_down(false);
    world.execute("UPDATE refunds SET retry_at = now() + interval '1 hour'").await;
    ask_again(&world, &payment, json!({"reason": "The provider is up again"})).await.expect(200);
    eventually("it is made", async || {
        world.service.run_jobs().await;
        (world.provider.refunds() == [700]).then_some(())
    })
    .await;
}
