use contracts::booking::v1::{BookingConfirmed, BookingState};
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{World, body_of, held, succeeded, with};

/// What booking says of the link from now on.
fn answer(world: &World, state: &str, booking: &BookingState) {
    world.service.peers.post("/internal/booking-links", json!({"state": state, "booking": body_of(booking)}));
}

/// Staff hold it for somebody without an account.
fn guests(world: &World) -> BookingState {
    BookingState { customer_user_id: String::new(), ..held(world) }
}

async fn pay(world: &World, key: &str) -> TestResponse {
    world.service.post("/api/payments/links/t0ken").idempotency_key(key).json(json!({})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_link_pays_once_without_an_account() {
    let world = World::start().await;
    let booking = guests(&world);
    pay(&world, "a").await.expect_problem(404, "not_found");
    answer(&world, "open", &booking);
    let first = pay(&world, "a").await.expect(201);
    assert_eq!(
        (&first["status"], &first["amount"]),
        (&json!("pending"), &json!({"amount": 11_900, "currency": "EUR"}))
    );
    assert!(first["checkout_url"].as_str().unwrap().starts_with("https://pay.example/"));
    assert_eq!(first["customer_id"], Value::Null);
    let payment = |answer: &Value| json!({"id": answer["payment_id"], "amount": answer["amount"]});
    let as_manager = async |id: &Value| {
        let path = format!("/api/payments/{}", id.as_str().unwrap());
        world.as_manager(world.service.get(&path)).send().await.expect(200)
    };
    // Another session takes the place of the first, as with an account.
    let second = pay(&world, "b").await.expect(201);
    assert_ne!(first["payment_id"], second["payment_id"]);
    world.webhook(succeeded(&payment(&second))).await;
    let paid = as_manager(&second["payment_id"]).await;
    assert_eq!((&paid["status"], &paid["customer_id"]), (&json!("succeeded"), &Value::Null));
    pay(&world, "c").await.expect_problem(409, "nothing_due");

    let confirmed = with(&booking, "confirmed", |booking| booking.amount_paid = 11_900);
    world.tell(&BookingConfirmed { booking: Some(confirmed.clone()) }, &confirmed).await;
    answer(&world, "used", &confirmed);
    pay(&world, "d").await.expect_problem(410, "link_used");
    // The same request has the same answer, whatever has become of the link.
    let replayed = pay(&world, "b").await.expect(201);
    assert_eq!(replayed["payment_id"], second["payment_id"]);
    let path = format!("/api/receipts?company_id={}", world.company);
    let receipts = world.as_manager(world.service.get(&path)).send().await.expect(200);
    assert_eq!(receipts["data"][0]["customer_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_over_opens_no_session() {
    let world = World::start().await;
    let booking = guests(&world);
    for (state, code) in [("expired", "hold_expired"), ("used", "link_used"), ("void", "link_void")] {
        answer(&world, state, &booking);
        pay(&world, state).await.expect_problem(410, code);
    }
    world
        .service
        .post("/api/payments/links/t0ken")
        .json(json!({}))
        .send()
        .await
        .expect_problem(400, "idempotency_key_required");
    assert_eq!(world.count("payments").await, 0);
    // With an account nobody pays what is a guest's.
    world.open_session(&booking.booking_id).await.expect_problem(404, "not_found");
}
