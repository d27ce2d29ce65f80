use contracts::billing::v1::{PaymentSucceeded, ReceiptIssued};
use contracts::booking::v1::BookingExpired;
use futures_util::future::join_all;
use kernel::PaymentId;
use providers::ProviderEvent;
use serde_json::json;
use testkit::{envelope, eventually};

use crate::support::{World, declined, payment_id, processing, session_expired, succeeded, with};

#[tokio::test(flavor = "multi_thread")]
async fn success_told_twenty_times_at_once_by_two_processes_is_told_on_once() {
    let world = World::start().await;
    let other = world.second_process().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let tellings: Vec<_> = (0..20).map(|_| world.webhook_envelope(succeeded(&payment))).collect();
    join_all(tellings.iter().enumerate().map(|(turn, telling)| {
        let service = if turn % 2 == 0 { &world.service } else { &other };
        service.deliver_envelope(telling)
    }))
    .await;
    let told = world.service.events::<PaymentSucceeded>().await;
    assert_eq!(told.len(), 1);
    let payable = told[0].payable.as_ref().unwrap();
    assert_eq!(
        (told[0].amount, told[0].currency.as_str(), payable.total, payable.subtotal),
        (11_900, "EUR", 11_900, 10_000)
    );
    assert_eq!((payable.r#type.as_str(), payable.company_country.as_str()), ("booking", "DE"));
    assert_eq!((&payable.id, &payable.customer_user_id), (&booking.booking_id, &world.customer_id().to_string()));
    assert_eq!(world.service.events::<ReceiptIssued>().await.len(), 1);
    assert_eq!(world.payment(&payment).await["attempts"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_flight_counts_after_its_hold_has_expired() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let expired = with(&booking, "expired", |_| {});
    world.tell(&BookingExpired { booking: Some(expired.clone()) }, &expired).await;
    world.payment_becomes(&payment, "cancelled").await;
    world.webhook(succeeded(&payment)).await;
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    // Late news of the session changes nothing any more.
    world.webhook(session_expired(&payment)).await;
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn news_in_the_wrong_order_ends_like_news_in_order() {
    let world = World::start().await;
    let (ordered, shuffled) = (world.hold().await, world.hold().await);
    let ordered = world.open_session(&ordered.booking_id).await.expect(201);
    let shuffled = world.open_session(&shuffled.booking_id).await.expect(201);
    let story = |payment| {
        [declined(payment, "card_declined", 1), processing(payment), succeeded(payment), session_expired(payment)]
    };
    for event in story(&ordered) {
        world.webhook(event).await;
    }
    for event in story(&shuffled).into_iter().rev() {
        world.webhook(event).await;
    }
    let (ordered, shuffled) = (world.payment(&ordered).await, world.payment(&shuffled).await);
    for field in ["status", "attempts", "failure_code", "amount", "amount_refunded", "checkout_url"] {
        assert_eq!(ordered[field], shuffled[field], "{field}");
    }
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_does_not_parse_or_names_unknown_money_is_kept_for_another_try() {
    let world = World::start().await;
    let unknown = json!({"id": PaymentId::new(), "amount": {"amount": 1, "currency": "EUR"}});
    let unreadable = world.received(b"no number".to_vec());
    let unknown = world.received(world.provider.payload(succeeded(&unknown)));
    let mut elsewhere = world.received(b"0".to_vec());
    elsewhere.provider = "paypal".to_owned();
    for (count, event) in [unreadable, unknown, elsewhere].into_iter().enumerate() {
        let envelope = envelope(kernel::new_uuid(), 1, world.service.now(), &event);
        let refused = eventually("the event is refused", async || {
            (world.count("delivery_attempts").await > count as i64).then_some(())
        });
        tokio::select! {
            () = world.service.deliver_envelope(&envelope) => panic!("it was handled"),
            () = refused => {}
        }
    }
    assert_eq!(world.count("inbox").await, 0);
    assert_eq!(world.count("outbox").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_another_kind_is_ignored() {
    let world = World::start().await;
    world.webhook(ProviderEvent::Ignored { event_type: "customer.created".to_owned() }).await;
    assert_eq!(world.count("inbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_of_another_currency_is_not_taken_for_ours() {
    let world = World::start().await;
    let booking = world.hold().await;
    let mut payment = world.open_session(&booking.booking_id).await.expect(201);
    payment["amount"]["currency"] = "GBP".into();
    let envelope = world.webhook_envelope(succeeded(&payment));
    let refused =
        eventually("the event is refused", async || (world.count("delivery_attempts").await > 0).then_some(()));
    tokio::select! {
        () = world.service.deliver_envelope(&envelope) => panic!("it was handled"),
        () = refused => {}
    }
    assert_eq!(world.payment(&payment).await["status"], "pending");
    assert!(world.provider.session_of(payment_id(&payment)).is_some());
}
