use contracts::billing::v1::PaymentSucceeded;
use providers::ProviderError;

use crate::support::{World, payment_id};

const TEN_MINUTES: i64 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_is_made_up_for_by_the_clock() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let due = world.service.get("/internal/clock").send().await.expect(200);
    let created_at: jiff::Timestamp = payment["created_at"].as_str().unwrap().parse().unwrap();
    let next: jiff::Timestamp = due["next_due_at"].as_str().unwrap().parse().unwrap();
    assert!((TEN_MINUTES..=2 * TEN_MINUTES).contains(&next.duration_since(created_at).as_secs()), "{next}");
    world.provider.pay_silently(payment_id(&payment));
    world.service.advance_secs(2 * TEN_MINUTES).await;
    world.payment_becomes(&payment, "succeeded").await;
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 1);
    let due = world.service.get("/internal/clock").send().await.expect(200);
    assert!(due["next_due_at"].is_null(), "{due}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_flight_is_found_after_we_gave_it_up() {
    let world = World::start().await;
    let booking = world.hold().await;
    let first = world.open_session(&booking.booking_id).await.expect(201);
    world.open_session(&booking.booking_id).await.expect(201);
    world.payment_becomes(&first, "cancelled").await;
    world.provider.pay_silently(payment_id(&first));
    world.service.advance_secs(2 * TEN_MINUTES).await;
    world.payment_becomes(&first, "succeeded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_request_died_is_opened_without_it() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.provider.refuse_next(ProviderError::Timeout);
    world.open_session_with(&booking.booking_id, "died").await.expect_problem(503, "unavailable");
    world.service.advance_secs(2 * TEN_MINUTES).await;
    let session = testkit::eventually("the session is open", async || world.provider.sessions().pop()).await;
    let id = session.request.payment_id;
    testkit::eventually("its page is known", async || {
        let path = format!("/api/payments/{id}");
        let payment = world.as_customer(world.service.get(&path)).send().await.expect(200);
        payment["checkout_url"].as_str().map(str::to_owned)
    })
    .await;
    // Somebody who comes back with the key gets the same payment.
    let payment = world.open_session_with(&booking.booking_id, "died").await.expect(201);
    assert_eq!(payment_id(&payment), id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superseded_session_that_was_never_answered_is_closed_too() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.provider.lose_next_answer();
    world.open_session_with(&booking.booking_id, "lost").await.expect_problem(503, "unavailable");
    let lost = world.provider.sessions().pop().unwrap().request.payment_id;
    world.open_session_with(&booking.booking_id, "new").await.expect(201);
    testkit::eventually("the lost session is closed", async || {
        let status = world.provider.session_of(lost)?.state.status;
        (status == providers::SessionStatus::Expired).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_has_forgotten_is_not_pending_for_ever() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.provider.forget();
    world.service.advance_secs(2 * TEN_MINUTES).await;
    world.payment_becomes(&payment, "cancelled").await;
    world.service.advance_secs(80 * 3600).await;
    let due = world.service.get("/internal/clock").send().await.expect(200);
    assert!(due["next_due_at"].is_null(), "{due}");
}
