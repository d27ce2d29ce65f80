use contracts::auth::v1::CompanyDeleted;
use providers::SessionStatus;
use testkit::CallerToken;

use crate::support::{World, payment_id, succeeded};

async fn close(world: &World) {
    let event = CompanyDeleted { company_id: world.company.to_string(), ..CompanyDeleted::default() };
    world.service.deliver(world.company.uuid(), 7, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_a_closed_company_any_more_and_what_was_paid_can_go_back() {
    let world = World::start().await;
    let paid = world.hold().await;
    let payment = world.pay(&paid.booking_id).await;
    let (unpaid, other) = (world.hold().await, world.hold().await);
    let open = world.open_session(&unpaid.booking_id).await.expect(201);
    let in_flight = world.open_session(&other.booking_id).await.expect(201);
    close(&world).await;
    close(&world).await;

    world.open_session(&unpaid.booking_id).await.expect_problem(409, "company_closed");
    world.payment_becomes(&open, "cancelled").await;
    assert_eq!(world.provider.session_of(payment_id(&open)).unwrap().state.status, SessionStatus::Expired);
    // Paid at the provider before it could be told.
    world.webhook(succeeded(&in_flight)).await;
    world.payment_becomes(&in_flight, "succeeded").await;

    // Whoever managed the company is nobody there any more; the platform gives back what has to go back.
    let admin = CallerToken::default().admin();
    let body = serde_json::json!({"payment_id": payment["id"]});
    let request = world.service.post("/api/payments/refund").bearer(&world.service.token(&admin));
    request.idempotency_key("closed").json(body).send().await.expect(201);
    world.payment_becomes(&payment, "refunded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_was_never_heard_of_is_closed_all_the_same() {
    let world = World::start().await;
    close(&world).await;
    let booking = world.hold().await;
    world.open_session(&booking.booking_id).await.expect_problem(409, "company_closed");
    assert_eq!(world.count("payments").await, 0);
}

/// Who is about to pay is seen by whoever closes, or sees the closing.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_the_closing_it_raced() {
    let world = World::start().await;
    let mut bookings = Vec::new();
    for _ in 0..8 {
        bookings.push(world.hold().await);
    }
    let opening =
        futures_util::future::join_all(bookings.iter().map(|booking| world.open_session(&booking.booking_id)));
    let (answers, ()) = tokio::join!(opening, close(&world));
    for answer in answers {
        match answer.status.as_u16() {
            201 => drop(world.payment_becomes(&answer.json(), "cancelled").await),
            _ => drop(answer.expect_problem(409, "company_closed")),
        }
    }
}
