use contracts::{
    billing::v1::{CompanySettlement, PaymentSucceeded, RefundReturned, RefundSucceeded},
    booking::v1::{BookingConfirmed, BookingExpired, BookingPaymentApplied, BookingPaymentOrphaned},
};
use kernel::{PaymentId, RefundId};
use serde_json::{Value, json};
use testkit::{CallerToken, envelope};

use crate::scene::{Scene, id, payable, payment};

const START: &str = "2027-03-10T10:00:00Z";
const TOTAL: i64 = 2380;

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn orphans(scene: &Scene) -> Vec<(String, i64, String)> {
    let orphans = scene.service.events::<BookingPaymentOrphaned>().await;
    orphans.into_iter().map(|orphan| (orphan.payment_id, orphan.amount, orphan.reason)).collect()
}

fn refund(booking: &Value, payment_id: PaymentId, refund_id: RefundId, amount: i64) -> RefundSucceeded {
    RefundSucceeded {
        refund_id: refund_id.to_string(),
        payment_id: payment_id.to_string(),
        payable: payable(booking),
        currency: "EUR".into(),
        amount,
        ..RefundSucceeded::default()
    }
}

#[tokio::test]
async fn a_payment_confirms_once_however_often_it_is_heard_of() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let payment_id = PaymentId::new();
    let settled = CompanySettlement { commission: 400, tax: 76, passes_platform: true };
    let paid = payment(&booking, payment_id, TOTAL);
    let event = PaymentSucceeded { settlement: Some(settled), commission_ppm: Some(0), ..paid };
    let delivery = envelope(payment_id.uuid(), 2, scene.service.now(), &event);
    scene.service.deliver_envelope(&delivery).await;
    scene.service.deliver_envelope(&delivery).await;
    // The same payment in another event.
    scene.pay_as(&booking, payment_id, TOTAL).await;
    let confirmed = scene.booking_of(&customer, &booking).await;
    assert_eq!((&confirmed["status"], &confirmed["amount_paid"]), (&json!("confirmed"), &eur(TOTAL)));
    assert_eq!(confirmed["version"], 2);
    assert_eq!(scene.service.events::<BookingConfirmed>().await.len(), 1);
    let applied = scene.service.events::<BookingPaymentApplied>().await;
    assert_eq!((applied.len(), applied[0].amount), (1, TOTAL));
    let told = applied[0].settlement.unwrap();
    assert_eq!((told.commission, told.tax, told.passes_platform), (400, 76, true), "told on as it was heard");
    assert_eq!(applied[0].commission_ppm, Some(0));
    assert_eq!(applied[0].booking.as_ref().unwrap().status, "confirmed");
    assert_eq!(orphans(&scene).await, []);
    assert!(!scene.is_available(START, 60).await);
    scene.service.advance_secs(1801).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "confirmed");
}

#[tokio::test]
async fn the_deposit_confirms_and_the_balance_follows() {
    let scene = Scene::with(json!({}), json!({"deposit_percent": "30"})).await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    assert_eq!(booking["price"]["deposit_due"], eur(714));
    scene.pay(&booking, 714).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "confirmed");
    // A second session for the same deposit was paid too.
    let twice = scene.pay(&booking, 714).await;
    assert_eq!(orphans(&scene).await, [(twice.to_string(), 714, "wrong_amount".to_owned())]);
    scene.pay(&booking, TOTAL - 714).await;
    let paid = scene.booking_of(&customer, &booking).await;
    assert_eq!(paid["amount_paid"], eur(TOTAL));
    assert_eq!(scene.service.events::<BookingConfirmed>().await.len(), 1);
    assert_eq!(scene.service.events::<BookingPaymentApplied>().await.len(), 2);
}

#[tokio::test]
async fn money_that_cannot_be_used_goes_back_with_its_reason() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let wrong = scene.pay(&booking, TOTAL - 1).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "held");
    scene.pay(&booking, TOTAL).await;
    let again = scene.pay(&booking, TOTAL).await;
    scene.act(&scene.owner, &booking, "cancel").await.expect(200);
    let late = scene.pay(&booking, TOTAL).await;
    let foreign = PaymentSucceeded { currency: "GBP".into(), ..payment(&booking, late, TOTAL) };
    scene.service.deliver(late.uuid(), 9, &foreign).await;
    let expected = [(wrong, TOTAL - 1, "wrong_amount"), (again, TOTAL, "already_paid"), (late, TOTAL, "cancelled")];
    assert_eq!(orphans(&scene).await, expected.map(|(id, amount, why)| (id.to_string(), amount, why.to_owned())));
}

#[tokio::test]
async fn what_was_taken_of_held_money_never_goes_back_by_itself() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.pay(&booking, TOTAL).await;
    let payment_id = PaymentId::new();
    let damage = PaymentSucceeded { was_held: true, ..payment(&booking, payment_id, 5_000) };
    for _ in 0..2 {
        scene.service.deliver(payment_id.uuid(), 1, &damage).await;
    }
    let after = scene.booking_of(&customer, &booking).await;
    assert_eq!((&after["amount_paid"], &after["price"]["total"]), (&eur(TOTAL + 5_000), &eur(TOTAL + 5_000)));
    let lines = after["price"]["lines"].as_array().unwrap();
    assert_eq!(
        (&lines[lines.len() - 1]["kind"], &after["price"]["tax"]),
        (&json!("held_charge"), &booking["price"]["tax"])
    );
    assert_eq!(orphans(&scene).await, []);
    let applied = scene.service.events::<BookingPaymentApplied>().await;
    assert_eq!((applied.len(), applied[1].amount), (2, 5_000));
    assert_eq!(applied[1].booking.as_ref().unwrap().total, TOTAL + 5_000);
}

#[tokio::test]
async fn a_late_payment_confirms_while_the_slot_is_free() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.service.advance_secs(1801).await;
    assert_eq!(scene.service.events::<BookingExpired>().await.len(), 1);
    scene.pay(&booking, TOTAL).await;
    let confirmed = scene.booking_of(&customer, &booking).await;
    assert_eq!((&confirmed["status"], &confirmed["version"]), (&json!("confirmed"), &json!(3)));
    assert!(!scene.is_available(START, 60).await);
    assert_eq!(orphans(&scene).await, []);
}

#[tokio::test]
async fn a_payment_a_moment_too_late_confirms_when_nobody_has_noticed_the_expiry() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    scene.pay(&booking, TOTAL).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "confirmed");
    scene.service.run_jobs().await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "confirmed");
}

#[tokio::test]
async fn a_late_payment_for_a_taken_slot_goes_back_once() {
    let scene = Scene::start().await;
    let (late, quick) = (CallerToken::default(), CallerToken::default());
    let booking = scene.book(&late, START, 60).await.expect(201);
    scene.service.advance_secs(1801).await;
    let taken = scene.book(&quick, START, 60).await.expect(201);
    let payment_id = scene.pay(&booking, TOTAL).await;
    scene.pay_as(&booking, payment_id, TOTAL).await;
    assert_eq!(scene.booking_of(&late, &booking).await["status"], "expired");
    assert_eq!(orphans(&scene).await, [(payment_id.to_string(), TOTAL, "slot_taken".to_owned())]);
    // The other hold lapses as well: now the slot is free, and the next payment takes it.
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    scene.pay(&booking, TOTAL).await;
    assert_eq!(scene.booking_of(&late, &booking).await["status"], "confirmed");
    assert_eq!(scene.booking_of(&quick, &taken).await["status"], "expired");
    assert_eq!(scene.service.events::<BookingExpired>().await.len(), 2);
}

#[tokio::test]
async fn refunds_are_summed_once_each_in_whatever_order_they_arrive() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let (payment_id, orphan) = (PaymentId::new(), PaymentId::new());
    let (first, second) = (RefundId::new(), RefundId::new());
    let hear = |refund: RefundSucceeded, version| {
        let scene = &scene;
        async move { scene.service.deliver(kernel::new_uuid(), version, &refund).await }
    };
    // A refund overtakes its payment.
    hear(refund(&booking, payment_id, first, 380), 2).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_refunded"], eur(0));
    scene.pay_as(&booking, payment_id, TOTAL).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_refunded"], eur(380));
    hear(refund(&booking, payment_id, second, 1000), 3).await;
    hear(refund(&booking, payment_id, second, 1000), 3).await;
    // What came too much and went back is none of the booking's.
    scene.pay_as(&booking, orphan, TOTAL).await;
    hear(refund(&booking, orphan, RefundId::new(), TOTAL), 2).await;
    assert_eq!(scene.booking_of(&customer, &booking).await["amount_refunded"], eur(1380));
    // A cancellation gives back what is left.
    let cancelled = scene.act(&scene.owner, &booking, "cancel").await.expect(200);
    assert_eq!(cancelled["cancellation"]["refund"], eur(1000));
}

#[tokio::test]
async fn a_refund_that_came_back_counts_no_more_whatever_is_heard_first() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let (payment_id, first, second) = (PaymentId::new(), RefundId::new(), RefundId::new());
    scene.pay_as(&booking, payment_id, TOTAL).await;
    let returned = |refund_id: RefundId, amount: i64| RefundReturned {
        refund_id: refund_id.to_string(),
        payment_id: payment_id.to_string(),
        payable: payable(&booking),
        currency: "EUR".into(),
        amount,
        ..RefundReturned::default()
    };
    let refunded = async || scene.booking_of(&customer, &booking).await["amount_refunded"].clone();
    scene.service.deliver(kernel::new_uuid(), 2, &refund(&booking, payment_id, first, 380)).await;
    for _ in 0..2 {
        scene.service.deliver(kernel::new_uuid(), 3, &returned(second, 1000)).await;
    }
    assert_eq!(refunded().await, eur(380));
    scene.service.deliver(kernel::new_uuid(), 2, &refund(&booking, payment_id, second, 1000)).await;
    assert_eq!(refunded().await, eur(380), "it had come back before it was heard of");
    scene.service.deliver(kernel::new_uuid(), 3, &returned(first, 380)).await;
    assert_eq!(refunded().await, eur(0));
}

#[tokio::test]
async fn payments_for_other_things_are_not_ours() {
    let scene = Scene::start().await;
    let booking = scene.book(&CallerToken::default(), START, 60).await.expect(201);
    let mut event = payment(&booking, PaymentId::new(), TOTAL);
    event.payable =
        event.payable.map(|payable| contracts::billing::v1::Payable { r#type: "invoice".into(), ..payable });
    scene.service.deliver(kernel::new_uuid(), 1, &event).await;
    assert_eq!(scene.booking_of(&scene.owner, &booking).await["status"], "held");
    assert_eq!(id(&booking).len(), 30);
}
