//! Bank debits, which are certain only days later: where they are offered, and that one on its way is waited for.

use contracts::booking::v1::{BookingConfirmed, BookingState};
use jiff::SignedDuration;
use providers::{MethodKinds, PaymentStatus, ProviderError, SessionStatus};
use serde_json::{Value, json};
use testkit::{TestResponse, eventually};

use crate::support::{World, cancelled, declined, held, payment_id, processing, session_body, with};

const DAY: i64 = 24 * 3_600;

impl World {
    /// A booking that its deposit has confirmed: 89.00 EUR are due, and it begins in so many seconds.
    async fn with_balance(&self, begins_in: i64) -> BookingState {
        let booking = with(&held(self), "confirmed", |booking| {
            let starts_at = self.service.now() + SignedDuration::from_secs(begins_in);
            booking.starts_at_micros = starts_at.as_microsecond();
            booking.ends_at_micros = (starts_at + SignedDuration::from_hours(2)).as_microsecond();
            (booking.deposit_due, booking.amount_paid) = (3_000, 3_000);
        });
        self.tell(&BookingConfirmed { booking: Some(booking.clone()) }, &booking).await;
        booking
    }

    async fn session(&self, booking: &BookingState, more: Value) -> TestResponse {
        let mut body = session_body(&booking.booking_id);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = self.as_customer(self.service.post("/api/payments/session"));
        request.idempotency_key(&kernel::new_uuid().to_string()).json(body).send().await
    }

    async fn in_fields(&self, booking: &BookingState) -> Value {
        self.session(booking, json!({"ui": "elements"})).await.expect(201)
    }

    /// By what kinds of methods the provider was asked to take a payment.
    fn kinds_of(&self, payment: &Value) -> MethodKinds {
        let id = payment_id(payment);
        let known = self.provider.intent_of(id).or_else(|| self.provider.session_of(id));
        known.unwrap().request.methods
    }

    fn status_of(&self, payment: &Value) -> (SessionStatus, PaymentStatus) {
        let state = self.provider.intent_of(payment_id(payment)).unwrap().state;
        (state.status, state.payment.status)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_is_offered_for_a_balance_with_time_and_for_nothing_that_lapses_or_is_held() {
    let world = World::start().await;
    let hold = world.hold().await;
    let balance = world.with_balance(20 * DAY).await;
    let soon = world.with_balance(13 * DAY).await;
    for (booking, more, kinds) in [
        (&hold, json!({}), MethodKinds::Immediate),
        (&hold, json!({"ui": "elements"}), MethodKinds::Immediate),
        (&balance, json!({}), MethodKinds::Delayed),
        (&balance, json!({"ui": "elements"}), MethodKinds::Delayed),
        (&balance, json!({"ui": "elements", "capture": "manual", "amount": 5_000}), MethodKinds::Immediate),
        (&soon, json!({"ui": "elements"}), MethodKinds::Immediate),
    ] {
        let payment = world.session(booking, more.clone()).await.expect(201);
        assert_eq!(world.kinds_of(&payment), kinds, "{} {more}", booking.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_opened_late_asks_for_what_was_decided_when_it_was_wished_for() {
    let world = World::start().await;
    let booking = world.with_balance(14 * DAY + 60).await;
    world.provider.refuse_next(ProviderError::Timeout);
    world.session(&booking, json!({"ui": "elements"})).await.expect_problem(503, "unavailable");
    world.service.advance_secs(1_200).await;
    let opened = eventually("the sweeper opens it", async || world.provider.sessions().first().cloned()).await;
    assert_eq!(opened.request.methods, MethodKinds::Delayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_on_its_way_is_asked_about_for_days_and_its_money_is_not_asked_for_again() {
    let world = World::start().await;
    let booking = world.with_balance(20 * DAY).await;
    let payment = world.in_fields(&booking).await;
    world.provider.debit_silently(payment_id(&payment));
    world.webhook(processing(&payment)).await;
    assert_eq!(world.payment(&payment).await["status"], "processing");
    world.session(&booking, json!({})).await.expect_problem(409, "nothing_due");
    // Money may be held all the same.
    world.session(&booking, json!({"capture": "manual", "amount": 5_000})).await.expect(201);
    world.service.advance_secs(13 * DAY).await;
    assert_eq!(world.payment(&payment).await["status"], "processing");
    assert_eq!(world.status_of(&payment), (SessionStatus::Complete, PaymentStatus::Processing), "nobody has closed it");

    // The webhook is lost.
    world.provider.debited_silently(payment_id(&payment));
    world.service.advance_secs(DAY).await;
    world.payment_becomes(&payment, "succeeded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_that_fails_leaves_owed_what_was_owed() {
    let world = World::start().await;
    let booking = world.with_balance(20 * DAY).await;
    let payment = world.in_fields(&booking).await;
    world.provider.debit_silently(payment_id(&payment));
    world.webhook(processing(&payment)).await;
    world.provider.fail_silently(payment_id(&payment));
    world.service.advance_secs(5 * DAY).await;
    let failed = world.payment_becomes(&payment, "pending").await;
    assert_eq!(failed["failure_code"], "insufficient_funds");
    let again = world.in_fields(&booking).await;
    assert_eq!(again["amount"], payment["amount"]);
    world.payment_becomes(&payment, "cancelled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_when_its_booking_was_cancelled_and_fails_cannot_be_confirmed_again() {
    let world = World::start().await;
    let booking = world.with_balance(20 * DAY).await;
    let payment = world.in_fields(&booking).await;
    world.provider.debit_silently(payment_id(&payment));
    world.webhook(processing(&payment)).await;
    let cancellation = cancelled(&booking, 0);
    world.tell(&cancellation, cancellation.booking.as_ref().unwrap()).await;
    eventually("the session is closed here", async || {
        (world.count("payment_sessions WHERE stage = 'closed'").await == 1).then_some(())
    })
    .await;
    assert_eq!(world.status_of(&payment), (SessionStatus::Complete, PaymentStatus::Processing), "and not at the bank");
    world.provider.fail_silently(payment_id(&payment));
    world.webhook(declined(&payment, "insufficient_funds", 30 * DAY)).await;
    world.payment_becomes(&payment, "cancelled").await;
    assert_eq!(world.status_of(&payment).0, SessionStatus::Expired);
}
