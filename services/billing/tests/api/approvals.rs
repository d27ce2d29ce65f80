//! Providers that wait, after the customer has agreed, until they are told to take the money.

use contracts::{billing::v1::PaymentSucceeded, booking::v1::BookingExpired};
use serde_json::json;
use testkit::eventually;

use crate::support::{World, approved, payment_id, session_body, with};

async fn verify(world: &World, payment: &serde_json::Value) -> serde_json::Value {
    let request = world.as_customer(world.service.post("/api/payments/verify"));
    request.json(json!({"payment_id": payment["id"]})).send().await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_told_twenty_times_takes_the_money_once() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.provider.approve_silently(payment_id(&payment));
    let told = (0..20).map(|_| world.webhook(approved(&payment)));
    futures_util::future::join_all(told).await;
    world.payment_becomes(&payment, "succeeded").await;
    assert_eq!((world.provider.captures(), world.service.events::<PaymentSucceeded>().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_whose_webhook_was_lost_is_taken_when_the_customer_comes_back() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.provider.approve_silently(payment_id(&payment));
    assert_eq!(verify(&world, &payment).await["status"], "succeeded");
    assert_eq!(world.provider.captures(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_nobody_told_of_is_found_by_the_clock() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.provider.approve_silently(payment_id(&payment));
    world.service.advance_secs(20 * 60).await;
    world.payment_becomes(&payment, "succeeded").await;
    assert_eq!(world.provider.captures(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_times_out_after_taking_the_money_takes_it_once() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.provider.approve_silently(payment_id(&payment));
    world.provider.lose_next_answer();
    world.webhook(approved(&payment)).await;
    world.payment_becomes(&payment, "succeeded").await;
    assert_eq!((world.provider.captures(), world.service.events::<PaymentSucceeded>().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_overtakes_the_session_call_is_not_lost() {
    let world = World::start().await;
    let booking = world.hold().await;
    let gate = world.provider.gate_next_session();
    let key = kernel::new_uuid().to_string();
    let request = world.as_customer(world.service.post("/api/payments/session"));
    let opening = tokio::spawn(request.idempotency_key(&key).json(session_body(&booking.booking_id)).send());
    let session = eventually("the provider has it", || async { world.provider.sessions().first().cloned() }).await;
    let payment = json!({"id": session.request.payment_id, "amount": {"amount": 11_900, "currency": "EUR"}});
    world.provider.approve_silently(session.request.payment_id);
    world.webhook(approved(&payment)).await;
    world.payment_becomes(&payment, "succeeded").await;
    gate.notify_one();
    let answer = opening.await.unwrap().expect(201);
    assert_eq!(answer["id"], payment["id"]);
    assert_eq!(world.provider.captures(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_any_more_is_not_taken() {
    let world = World::start().await;
    let booking = world.hold().await;
    let superseded = world.open_session(&booking.booking_id).await.expect(201);
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.provider.approve_silently(payment_id(&superseded));
    world.webhook(approved(&superseded)).await;
    world.payment_becomes(&superseded, "cancelled").await;

    let expired = with(&booking, "expired", |_| {});
    world.tell(&BookingExpired { booking: Some(expired.clone()) }, &expired).await;
    world.webhook(approved(&payment)).await;
    world.payment_becomes(&payment, "cancelled").await;
    assert_eq!(verify(&world, &payment).await["status"], "cancelled");
    eventually("the approvals are done with", || async {
        (world.count("payment_sessions WHERE approved_at IS NOT NULL").await == 0).then_some(())
    })
    .await;
    assert_eq!(world.provider.captures(), 0);
}
