use contracts::billing::v1::RefundSucceeded;
use contracts::booking::v1::{BookingHeld, BookingPaymentApplied, BookingPaymentOrphaned, BookingState};
use futures_util::future::join_all;
use kernel::BookingId;
use serde_json::Value;
use testkit::{envelope, eventually};

use crate::support::{World, cancelled, cents, held, payment_id, succeeded, with};

fn orphaned(booking: &BookingState, payment: &Value) -> BookingPaymentOrphaned {
    BookingPaymentOrphaned {
        booking: Some(booking.clone()),
        payment_id: payment_id(payment).to_string(),
        amount: cents(payment),
        reason: "slot_taken".to_owned(),
    }
}

fn applied(booking: &BookingState, payment: &Value) -> BookingPaymentApplied {
    BookingPaymentApplied {
        booking: Some(booking.clone()),
        payment_id: payment_id(payment).to_string(),
        amount: cents(payment),
        settlement: None,
        commission_ppm: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_goes_back_once_however_often_it_is_told() {
    let world = World::start().await;
    let other = world.second_process().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    world.refund(&payment, Some(1_900)).await.expect(201);
    world.payment_becomes(&payment, "partially_refunded").await;
    let expired = with(&booking, "expired", |_| {});
    let id: BookingId = booking.booking_id.parse().unwrap();
    let telling = orphaned(&expired, &payment);
    let tellings: Vec<_> =
        (0..20).map(|_| envelope(id.uuid(), expired.version, world.service.now(), &telling)).collect();
    join_all(tellings.iter().enumerate().map(|(turn, telling)| {
        let service = if turn % 2 == 0 { &world.service } else { &other };
        service.deliver_envelope(telling)
    }))
    .await;
    world.payment_becomes(&payment, "refunded").await;
    let mut sent = world.provider.refunds();
    sent.sort_unstable();
    assert_eq!(sent, [1_900, 10_000]);
    let told = world.service.events::<RefundSucceeded>().await;
    assert_eq!(told.last().map(|told| told.reason.as_str()), Some("orphan"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_gives_back_from_the_newest_payment_first() {
    let world = World::start().await;
    let mut booking = held(&world);
    booking.deposit_due = 3_000;
    world.tell(&BookingHeld { booking: Some(booking.clone()) }, &booking).await;
    let deposit = world.pay(&booking.booking_id).await;
    let balance = world.pay(&booking.booking_id).await;
    let cancellation = cancelled(&booking, 10_000);
    for _ in 0..3 {
        world.tell(&cancellation, cancellation.booking.as_ref().unwrap()).await;
    }
    let balance = world.payment_becomes(&balance, "refunded").await;
    let deposit = world.payment_becomes(&deposit, "partially_refunded").await;
    assert_eq!(balance["amount_refunded"]["amount"], 8_900);
    assert_eq!(deposit["amount_refunded"]["amount"], 1_100);
    let told = world.service.events::<RefundSucceeded>().await;
    assert!(told.len() == 2 && told.iter().all(|told| told.reason == "cancellation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_told_before_an_orphan_still_gives_everything_back() {
    let world = World::start().await;
    let booking = world.hold().await;
    let first = world.open_session(&booking.booking_id).await.expect(201);
    let second = world.open_session(&booking.booking_id).await.expect(201);
    // Both pages were paid: booking counts the first, and cannot use the second.
    world.webhook(succeeded(&first)).await;
    world.webhook(succeeded(&second)).await;
    let cancellation = cancelled(&booking, 11_900);
    let after = cancellation.booking.clone().unwrap();
    world.tell(&cancellation, &after).await;
    world.tell(&orphaned(&after, &second), &after).await;
    world.tell(&applied(&after, &first), &after).await;
    world.payment_becomes(&first, "refunded").await;
    world.payment_becomes(&second, "refunded").await;
    assert_eq!(world.provider.refunds().iter().sum::<i64>(), 2 * 11_900);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_takes_from_what_the_booking_has_counted() {
    let world = World::start().await;
    let booking = world.hold().await;
    let first = world.open_session(&booking.booking_id).await.expect(201);
    let second = world.open_session(&booking.booking_id).await.expect(201);
    world.webhook(succeeded(&first)).await;
    world.webhook(succeeded(&second)).await;
    let confirmed = with(&booking, "confirmed", |booking| booking.amount_paid = 11_900);
    world.tell(&applied(&confirmed, &first), &confirmed).await;
    let cancellation = cancelled(&confirmed, 5_000);
    world.tell(&cancellation, cancellation.booking.as_ref().unwrap()).await;
    world.payment_becomes(&first, "partially_refunded").await;
    assert_eq!(world.payment(&second).await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_cancellation_gives_nothing_back_and_closes_the_page() {
    let world = World::start().await;
    let booking = world.hold().await;
    let open = world.open_session(&booking.booking_id).await.expect(201);
    let cancellation = cancelled(&booking, 0);
    world.tell(&cancellation, cancellation.booking.as_ref().unwrap()).await;
    world.payment_becomes(&open, "cancelled").await;
    assert_eq!(world.count("refunds").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_back_by_hand_is_not_sent_back_again() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    world.refund(&payment, Some(8_000)).await.expect(201);
    let cancellation = cancelled(&booking, 11_900);
    world.tell(&cancellation, cancellation.booking.as_ref().unwrap()).await;
    world.payment_becomes(&payment, "refunded").await;
    let sent = eventually("both are sent", async || {
        let sent = world.provider.refunds();
        (sent.len() == 2).then_some(sent)
    })
    .await;
    assert_eq!(sent.iter().sum::<i64>(), 11_900);
}
