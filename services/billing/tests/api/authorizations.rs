//! Money that is held: asked for, captured, voided, renewed, and let go of when nobody wants it any more.

use contracts::{
    auth::v1::CompanyDeleted,
    billing::v1::{AuthorizationRenewalFailed, PaymentSucceeded},
    booking::v1::{BookingConfirmed, BookingOvertimeCharged, BookingState},
};
use jiff::SignedDuration;
use providers::{Presence, ProviderError};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, eventually};

use crate::support::{CutOff, World, authorized, canceled, cancelled, payment_id, session_body, succeeded, with};

const DAY: i64 = 86_400;

impl World {
    /// A confirmed booking of the customer that is over so many days from now.
    async fn confirmed(&self, days: i64) -> BookingState {
        let ends_at = self.service.now() + SignedDuration::from_hours(24 * days);
        let booking = with(&self.hold().await, "confirmed", |booking| {
            (booking.amount_paid, booking.hold_expires_at_micros) = (booking.total, None);
            booking.ends_at_micros = ends_at.as_microsecond();
        });
        self.tell(&BookingConfirmed { booking: Some(booking.clone()) }, &booking).await;
        booking
    }

    /// The company holds 200.00 EUR of the customer's.
    async fn hold_for(&self, booking: &BookingState) -> TestResponse {
        let mut body = session_body(&booking.booking_id);
        (body["capture"], body["amount"]) = (json!("manual"), json!(20_000));
        let request = self.as_manager(self.service.post("/api/payments/charge"));
        request.idempotency_key(&kernel::new_uuid().to_string()).json(body).send().await
    }

    /// The customer opens a page on which 200.00 EUR are held.
    async fn open_hold(&self, booking: &BookingState) -> Value {
        let mut body = session_body(&booking.booking_id);
        (body["capture"], body["amount"]) = (json!("manual"), json!(20_000));
        let request = self.as_customer(self.service.post("/api/payments/session"));
        request.idempotency_key(&kernel::new_uuid().to_string()).json(body).send().await.expect(201)
    }

    async fn decide(&self, payment: &Value, what: &str, body: Value, key: &str) -> TestResponse {
        let path = format!("/api/payments/{}/{what}", payment["id"].as_str().unwrap());
        self.as_manager(self.service.post(&path)).idempotency_key(key).json(body).send().await
    }

    async fn becomes(&self, payment: &Value, word: &str) -> Value {
        eventually(&format!("the authorisation is {word}"), async || {
            let now = self.payment(payment).await;
            (now["authorization"]["status"] == word).then_some(now)
        })
        .await
    }
}

fn euros(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_captured_in_part_once_and_is_a_payment_then() {
    let world = World::start().await;
    let booking = world.confirmed(3).await;
    world.hold_for(&booking).await.expect_problem(409, "no_consent");
    world.save_card(true).await;
    let payment = world.hold_for(&booking).await.expect(201);
    let held = &payment["authorization"];
    assert_eq!((&payment["status"], &held["status"]), (&json!("processing"), &json!("held")));
    assert_eq!((&held["amount"], &held["captured"]), (&euros(20_000), &Value::Null));
    let admin = world.service.token(&CallerToken::default().admin());
    let listed = world.service.get("/api/admin/transactions?status=processing").bearer(&admin).send().await.expect(200);
    assert_eq!(listed["data"][0]["id"], payment["id"], "found under the status that it shows");
    world.service.peers.get("/internal/turnover", json!({"days": []}));
    let figures = world.service.get("/api/admin/financial-dashboard").bearer(&admin).send().await.expect(200);
    let open = json!({"currency": "EUR", "status": "authorized", "count": 1, "amount": 20_000});
    assert_eq!(figures["open_payments"], json!([open]));
    let expires_at: jiff::Timestamp = held["expires_at"].as_str().unwrap().parse().unwrap();
    let created_at: jiff::Timestamp = payment["created_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires_at.duration_since(created_at).as_secs(), 7 * DAY);
    assert_eq!(world.provider.charges(), [(payment_id(&payment), Presence::OffSession)]);
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 0);

    let too_much = world.decide(&payment, "capture", json!({"amount": 20_001}), "too much").await;
    too_much.expect_problem(409, "capture_exceeds_authorization");
    let captured = world.decide(&payment, "capture", json!({"amount": 5_000}), "one").await.expect(200);
    assert_eq!((&captured["status"], &captured["amount"]), (&json!("succeeded"), &euros(20_000)));
    let taken = &captured["authorization"];
    assert_eq!((&taken["status"], &taken["captured"]), (&json!("captured"), &euros(5_000)));
    let again = world.decide(&payment, "capture", json!({"amount": 5_000}), "one").await;
    assert_eq!(again.expect(200)["id"], payment["id"]);
    world.decide(&payment, "capture", json!({}), "two").await.expect_problem(409, "authorization_captured");
    world.decide(&payment, "void", json!({}), "three").await.expect_problem(409, "authorization_captured");
    assert_eq!((world.provider.captured(), world.provider.held()), (vec![5_000], vec![]));

    // Told by webhooks too, and late.
    world.webhook(authorized(&payment)).await;
    world.webhook(succeeded(&json!({"id": payment["id"], "amount": euros(5_000)}))).await;
    let events = world.service.events::<PaymentSucceeded>().await;
    assert_eq!((events.len(), events[0].amount, events[0].was_held), (1, 5_000, true));
    world.refund(&payment, Some(5_001)).await.expect_problem(409, "refund_exceeds_payment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_lets_money_be_held_on_a_page_and_what_they_pay_does_not_touch_it() {
    let world = World::start().await;
    let booking = world.hold().await;
    let first = world.open_hold(&booking).await;
    assert_eq!((&first["status"], &first["authorization"]["status"]), (&json!("pending"), &json!("pending")));
    assert!(first["checkout_url"].is_string());
    world.decide(&first, "capture", json!({}), "early").await.expect_problem(409, "authorization_pending");
    let payment = world.open_hold(&booking).await;
    world.payment_becomes(&first, "cancelled").await;
    world.webhook(authorized(&payment)).await;
    world.provider.hold_silently(payment_id(&payment));
    assert_eq!(world.payment(&payment).await["authorization"]["status"], "held");
    // Two sessions for what is due: the second supersedes the first, and nothing that is held.
    let paying = world.open_session(&booking.booking_id).await.expect(201);
    world.open_session(&booking.booking_id).await.expect(201);
    world.payment_becomes(&paying, "cancelled").await;
    assert_eq!(world.payment(&payment).await["authorization"]["status"], "held");

    world.decide(&payment, "void", json!({"amount": 1}), "part").await.expect_problem(409, "partial_void_not_offered");
    let voided = world.decide(&payment, "void", json!({}), "void").await.expect(200);
    assert_eq!((&voided["status"], &voided["authorization"]["status"]), (&json!("cancelled"), &json!("void")));
    world.webhook(canceled(&payment)).await;
    world.webhook(authorized(&payment)).await;
    world.decide(&payment, "capture", json!({}), "late").await.expect_problem(409, "authorization_void");
    assert!(world.provider.held().is_empty() && world.provider.captured().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_captures_at_once_one_is_made() {
    let world = World::start().await;
    let booking = world.confirmed(3).await;
    world.save_card(true).await;
    let payment = world.hold_for(&booking).await.expect(201);
    let (one, two) = tokio::join!(
        world.decide(&payment, "capture", json!({"amount": 100}), "one"),
        world.decide(&payment, "capture", json!({"amount": 200}), "two"),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(world.provider.captured().len(), 1);
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_whose_answer_is_lost_is_made_once_and_found() {
    let world = World::start().await;
    let booking = world.confirmed(3).await;
    world.save_card(true).await;
    let payment = world.hold_for(&booking).await.expect(201);
    world.provider.lose_next_answer();
    let answered = world.decide(&payment, "capture", json!({"amount": 700}), "lost").await.expect(200);
    assert_eq!(answered["authorization"]["status"], "capturing");
    let captured = world.becomes(&payment, "captured").await;
    assert_eq!(captured["authorization"]["captured"], euros(700));
    assert_eq!(world.provider.captured(), [700]);

    // Refused, it is held as before and can be captured otherwise.
    let payment = world.hold_for(&booking).await.expect(201);
    let failure = providers::Failure { code: "amount_too_small".to_owned(), message: "Too little.".to_owned() };
    world.provider.refuse_next(ProviderError::InvalidRequest(failure));
    let refused = world.decide(&payment, "capture", json!({"amount": 1}), "little").await.expect(200);
    let held = &refused["authorization"];
    assert_eq!((&held["status"], &held["failure_code"]), (&json!("held"), &json!("amount_too_small")));
    world.decide(&payment, "capture", json!({"amount": 800}), "more").await.expect(200);
    assert_eq!(world.provider.captured(), [700, 800]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lapse_and_a_cut_off_hold_are_found_by_asking() {
    let world = World::start().await;
    let booking = world.confirmed(3).await;
    world.save_card(true).await;
    world.provider.cut_off_next_charge(CutOff::AfterTheCharge);
    world.hold_for(&booking).await.expect_problem(503, "unavailable");
    let page = world.as_customer(world.service.get("/api/payments?limit=1")).send().await.expect(200);
    let payment = page["data"][0].clone();
    world.service.advance_secs(1_200).await;
    world.becomes(&payment, "held").await;
    world.provider.lapse_silently(payment_id(&payment));
    world.service.advance_secs(DAY).await;
    let lapsed = world.becomes(&payment, "expired").await;
    assert_eq!(lapsed["status"], "cancelled");
    world.decide(&payment, "capture", json!({}), "late").await.expect_problem(409, "authorization_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_held_for_a_booking_that_is_cancelled_or_long_over() {
    let world = World::start().await;
    world.save_card(true).await;
    let booking = world.confirmed(2).await;
    let payment = world.hold_for(&booking).await.expect(201);
    let overtime = with(&booking, "confirmed", |booking| booking.total += 1_000);
    let charged = BookingOvertimeCharged { booking: Some(overtime.clone()), minutes: 30, amount: 1_000 };
    world.tell(&charged, &overtime).await;
    assert_eq!(world.payment(&payment).await["authorization"]["status"], "held", "what is due does not matter");
    world.tell(&cancelled(&overtime, 0), &with(&overtime, "cancelled", |_| {})).await;
    world.becomes(&payment, "void").await;

    let booking = world.confirmed(2).await;
    let payment = world.hold_for(&booking).await.expect(201);
    world.service.advance_secs(5 * DAY - 60).await;
    assert_eq!(world.payment(&payment).await["authorization"]["status"], "held");
    world.service.advance_secs(120).await;
    world.becomes(&payment, "void").await;
    world.hold_for(&booking).await.expect_problem(409, "authorization_too_late");

    let payment = world.hold_for(&world.confirmed(2).await).await.expect(201);
    let closed = CompanyDeleted { company_id: world.company.to_string(), ..CompanyDeleted::default() };
    world.service.deliver(world.company.uuid(), 2, &closed).await;
    world.becomes(&payment, "void").await;
    assert!(world.provider.held().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_renewed_before_it_lapses_and_then_let_go_of() {
    let world = World::start().await;
    world.save_card(true).await;
    let booking = world.confirmed(30).await;
    let old = world.hold_for(&booking).await.expect(201);
    world.set_commission(json!({"kind": "company", "rate": "5"})).await.expect(200);
    world.service.advance_secs(6 * DAY + 60).await;
    let old = world.becomes(&old, "void").await;
    let new = world.payment(&json!({"id": old["authorization"]["renewed_by"]})).await;
    assert_eq!((&new["authorization"]["status"], &new["authorization"]["renews"]), (&json!("held"), &old["id"]));
    assert_eq!(world.provider.held(), [20_000]);
    world.decide(&old, "capture", json!({}), "old").await.expect_problem(409, "authorization_renewed");

    // The next time the bank wants to hear the customer: the company is told, and has the old one until it lapses.
    world.provider.decline_next_charge("authentication_required");
    world.service.advance_secs(6 * DAY + 60).await;
    let told =
        eventually("the company is told", async || world.service.events::<AuthorizationRenewalFailed>().await.pop())
            .await;
    assert_eq!((told.payment_id.as_str(), told.amount), (new["id"].as_str().unwrap(), 20_000));
    assert_eq!(told.failure_code, "authentication_required");
    let stands = world.payment(&new).await;
    let held = &stands["authorization"];
    assert_eq!((&held["status"], &held["failure_code"]), (&json!("held"), &json!("authentication_required")));
    world.decide(&new, "capture", json!({"amount": 900}), "new").await.expect(200);
    assert_eq!((world.provider.captured(), world.provider.held()), (vec![900], vec![]));
    let told = world.service.events::<PaymentSucceeded>().await;
    assert_eq!(told.last().unwrap().commission_ppm, Some(100_000), "the rate of the first hold goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_about_what_is_held_and_how_it_is_asked_for() {
    let world = World::start().await;
    world.save_card(true).await;
    let booking = world.confirmed(3).await;
    let payment = world.hold_for(&booking).await.expect(201);
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    let callers = [
        (&world.customer, 403, "company_decides"),
        (&staff, 403, "insufficient_role"),
        (&CallerToken::default(), 404, "not_found"),
        (&CallerToken::default().admin(), 403, "company_decides"),
    ];
    for what in ["capture", "void"] {
        let path = format!("/api/payments/{}/{what}", payment["id"].as_str().unwrap());
        for (caller, status, code) in &callers {
            let request = world.service.post(&path).bearer(&world.service.token(caller)).idempotency_key("mine");
            request.json(json!({})).send().await.expect_problem(*status, code);
        }
        let unkeyed = world.as_manager(world.service.post(&path)).json(json!({})).send().await;
        unkeyed.expect_problem(400, "idempotency_key_required");
        world.decide(&payment, what, json!({"amount": 0}), "zero").await.expect(422);
    }
    let automatic = world.pay(&world.hold().await.booking_id).await;
    assert_eq!(automatic["authorization"], Value::Null);
    world.decide(&automatic, "capture", json!({}), "automatic").await.expect_problem(409, "not_an_authorization");

    for (capture, amount) in
        [("manual", json!(null)), ("manual", json!(0)), ("automatic", json!(5)), ("later", json!(5))]
    {
        let mut body = session_body(&booking.booking_id);
        (body["capture"], body["amount"]) = (json!(capture), amount);
        let request = world.as_customer(world.service.post("/api/payments/session")).idempotency_key("bad");
        request.json(body).send().await.expect(422);
    }
    // A debit of a bank account is not held.
    world.execute("UPDATE payment_methods SET kind = 'sepa_debit'").await;
    world.hold_for(&booking).await.expect_problem(409, "authorization_not_offered");
}
