use std::collections::BTreeSet;

use contracts::booking::v1::{BookingConfirmed, BookingExpired, BookingHeld, BookingRequested};
use futures_util::future::join_all;
use kernel::BookingId;
use providers::{Failure, ProviderError, SessionStatus};
use serde_json::json;
use testkit::{CallerToken, eventually};

use crate::support::{World, body_of, cancelled, held, payment_id, session_body, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_asks_for_the_whole_price_and_answers_with_a_page() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    assert_eq!(payment["status"], "pending");
    assert_eq!(payment["amount"], json!({"amount": 11_900, "currency": "EUR"}));
    assert_eq!(payment["payable"], json!({"type": "booking", "id": booking.booking_id}));
    assert_eq!(payment["customer_id"], world.customer_id().to_string());
    assert_eq!((&payment["attempts"], &payment["failure_code"]), (&json!(0), &json!(null)));
    let session = world.provider.session_of(payment_id(&payment)).expect("a session");
    assert_eq!(payment["checkout_url"], format!("https://pay.example/cs_{}", payment["id"].as_str().unwrap()));
    assert!(session.request.description.starts_with("Room 1, Studio North, "));
    let expires_at = session.request.expires_at.map(jiff::Timestamp::as_microsecond);
    assert_eq!(expires_at, booking.hold_expires_at_micros);
    assert!(session.request.success_url.path().starts_with("/payments/success"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deposit_is_charged_first_and_the_balance_after_it() {
    let world = World::start().await;
    let mut booking = held(&world);
    booking.deposit_due = 3_000;
    world.tell(&BookingHeld { booking: Some(booking.clone()) }, &booking).await;
    let deposit = world.pay(&booking.booking_id).await;
    assert_eq!(deposit["amount"]["amount"], 3_000);
    // booking has not answered yet: the balance is known all the same.
    assert_eq!(world.open_session(&booking.booking_id).await.expect(201)["amount"]["amount"], 8_900);
    let confirmed = with(&booking, "confirmed", |booking| booking.amount_paid = 3_000);
    world.tell(&BookingConfirmed { booking: Some(confirmed.clone()) }, &confirmed).await;
    assert_eq!(world.pay(&booking.booking_id).await["amount"]["amount"], 8_900);
    world.open_session(&booking.booking_id).await.expect_problem(409, "nothing_due");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_supersedes_the_earlier_one() {
    let world = World::start().await;
    let booking = world.hold().await;
    let first = world.open_session(&booking.booking_id).await.expect(201);
    let second = world.open_session(&booking.booking_id).await.expect(201);
    assert_ne!(first["id"], second["id"]);
    let first = world.payment_becomes(&first, "cancelled").await;
    assert_eq!(first["checkout_url"], json!(null));
    let status = world.provider.session_of(payment_id(&first)).unwrap().state.status;
    assert_eq!(status, SessionStatus::Expired);
    assert_eq!(world.payment(&second).await["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_hold_is_gone_by_the_clock_and_by_the_event() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.service.advance_secs(30 * 60).await;
    world.open_session(&booking.booking_id).await.expect_problem(410, "hold_expired");
    let other = world.hold().await;
    let open = world.open_session(&other.booking_id).await.expect(201);
    let expired = with(&other, "expired", |_| {});
    world.tell(&BookingExpired { booking: Some(expired.clone()) }, &expired).await;
    world.open_session(&other.booking_id).await.expect_problem(410, "hold_expired");
    world.payment_becomes(&open, "cancelled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_due_for_what_is_requested_or_cancelled() {
    let world = World::start().await;
    let requested = with(&held(&world), "requested", |_| {});
    world.tell(&BookingRequested { booking: Some(requested.clone()) }, &requested).await;
    world.open_session(&requested.booking_id).await.expect_problem(409, "nothing_due");
    let booking = world.hold().await;
    let cancelled = cancelled(&booking, 0);
    world.tell(&cancelled, cancelled.booking.as_ref().unwrap()).await;
    world.open_session(&booking.booking_id).await.expect_problem(409, "nothing_due");
    assert_eq!(world.count("payments").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_late_is_not_waited_for() {
    let world = World::start().await;
    let booking = held(&world);
    let path = format!("/internal/bookings/{}", booking.booking_id);
    world.open_session(&booking.booking_id).await.expect_problem(404, "not_found");
    // Somebody approved the request, and the event is still under way.
    let requested = with(&booking, "requested", |_| {});
    world.tell(&BookingRequested { booking: Some(requested.clone()) }, &requested).await;
    let approved = with(&requested, "held", |_| {});
    world.service.peers.get(&path, body_of(&approved));
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    // The older event changes nothing when it comes at last.
    world.tell(&BookingHeld { booking: Some(booking.clone()) }, &booking).await;
    assert_eq!(world.payment(&payment).await["status"], "pending");
    assert_eq!(world.count(&format!("payables WHERE version = {}", approved.version)).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_booking_is_not_found() {
    let world = World::start().await;
    let booking = world.hold().await;
    let stranger = world.service.token(&CallerToken::default());
    for token in [stranger, world.service.token(&world.manager)] {
        let request = world.service.post("/api/payments/session").bearer(&token).idempotency_key("k");
        request.json(session_body(&booking.booking_id)).send().await.expect_problem(404, "not_found");
    }
    assert_eq!(world.provider.calls(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_fifty_times_at_once_opens_one_session() {
    let world = World::start().await;
    let booking = world.hold().await;
    let answers = join_all((0..50).map(|_| world.open_session_with(&booking.booking_id, "one"))).await;
    let mut bodies = BTreeSet::new();
    for answer in answers {
        match answer.status.as_u16() {
            201 => drop(bodies.insert(answer.text)),
            _ => drop(answer.expect_problem(409, "idempotency_in_progress")),
        }
    }
    assert_eq!((bodies.len(), world.provider.sessions().len(), world.count("payments").await), (1, 1, 1));
    let replay = world.open_session_with(&booking.booking_id, "one").await;
    assert_eq!(replay.headers.get("idempotent-replayed").unwrap(), "true");
    assert_eq!(BTreeSet::from([replay.text]), bodies);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_out_of_reach_leaves_a_key_that_goes_on_with_the_same_payment() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.provider.set_down(true);
    let refused = world.open_session_with(&booking.booking_id, "one").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");
    world.provider.set_down(false);
    // The provider does its work and the answer is lost.
    world.provider.lose_next_answer();
    world.open_session_with(&booking.booking_id, "one").await.expect_problem(503, "unavailable");
    world.open_session_with(&booking.booking_id, "one").await.expect(201);
    assert_eq!((world.provider.sessions().len(), world.count("payments").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_the_provider_refuses_is_failed_and_the_key_may_try_anew() {
    let world = World::start().await;
    let booking = world.hold().await;
    let failure = Failure { code: "amount_too_small".to_owned(), message: "At least 0.50.".to_owned() };
    world.provider.refuse_next(ProviderError::InvalidRequest(failure));
    world.open_session_with(&booking.booking_id, "one").await.expect_problem(422, "payment_refused");
    assert_eq!(world.count("payments WHERE status = 'failed' AND failure_code = 'amount_too_small'").await, 1);
    let payment = world.open_session_with(&booking.booking_id, "one").await.expect(201);
    assert_eq!(payment["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_overtakes_the_session_call_is_not_lost() {
    let world = World::start().await;
    let booking = world.hold().await;
    let gate = world.provider.gate_next_session();
    let (answer, ()) = tokio::join!(world.open_session(&booking.booking_id), async {
        let session = eventually("the provider has the session", async || world.provider.sessions().pop()).await;
        let payment = json!({"id": session.request.payment_id, "amount": session.request.amount});
        world.webhook(crate::support::succeeded(&payment)).await;
        gate.notify_one();
    });
    let payment = answer.expect(201);
    assert_eq!((&payment["status"], &payment["checkout_url"]), (&json!("succeeded"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_process_died_goes_on_with_the_same_payment() {
    let world = World::start().await;
    let booking = world.hold().await;
    // The first process never hears the provider's answer.
    let gate = world.provider.gate_next_session();
    let dead = world.open_session_with(&booking.booking_id, "one");
    let next = async {
        eventually("the provider has the session", async || world.provider.sessions().pop()).await;
        world.open_session_with(&booking.booking_id, "one").await.expect_problem(409, "idempotency_in_progress");
        world.execute("UPDATE idempotency_keys SET locked_until = now() - interval '1 second'").await;
        let payment = world.open_session_with(&booking.booking_id, "one").await.expect(201);
        gate.notify_one();
        payment
    };
    let (dead, payment) = tokio::join!(dead, next);
    assert_eq!(dead.expect(201), payment);
    assert_eq!((world.provider.sessions().len(), world.count("payments").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_open_one_session_for_one_key() {
    let world = World::start().await;
    let other = world.second_process().await;
    let booking = world.hold().await;
    let ask = async |service: &testkit::TestService| {
        // The processes have keys of their own: the caller is the same person.
        let token = service.token(&world.customer);
        let request = service.post("/api/payments/session").bearer(&token).idempotency_key("one");
        request.json(session_body(&booking.booking_id)).send().await
    };
    let answers = join_all((0..20).map(|turn| ask(if turn % 2 == 0 { &world.service } else { &other }))).await;
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)));
    assert_eq!((world.provider.sessions().len(), world.count("payments").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_apart_and_writes_nothing() {
    let world = World::start().await;
    let booking = world.hold().await;
    let id = booking.booking_id.as_str();
    let payable = json!({"type": "booking", "id": id});
    let post = || world.as_customer(world.service.post("/api/payments/session"));
    post().json(session_body(id)).send().await.expect_problem(400, "idempotency_key_required");
    let long = format!("https://example.com/{}", "x".repeat(3_000));
    for (body, code) in [
        (json!({}), "validation_failed"),
        (json!({"payable": null}), "validation_failed"),
        (json!({"payable": {"type": "booking"}}), "validation_failed"),
        (json!({"payable": {"type": "house", "id": id}}), "validation_failed"),
        (json!({"payable": {"type": "booking", "id": "pay_01h455vb4pex5vsknk084sn02q"}}), "validation_failed"),
        (json!({"payable": {"type": "booking", "id": 7}}), "validation_failed"),
        (json!({"payable": {"type": "booking", "id": id, "x": 1}}), "validation_failed"),
        (json!({"payable": payable, "amount": 1}), "validation_failed"),
        (json!({"payable": payable, "provider": "bank"}), "validation_failed"),
        (json!({"payable": payable, "provider": "paypal"}), "provider_not_enabled"),
        (json!({"payable": payable, "success_url": "javascript:alert(1)"}), "invalid_callback_url"),
        (json!({"payable": payable, "cancel_url": "/relative"}), "invalid_callback_url"),
        (json!({"payable": payable, "cancel_url": long}), "invalid_callback_url"),
    ] {
        let answer = post().idempotency_key("bad").json(body.clone()).send().await;
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.text);
        assert_eq!(answer.json()["code"], code, "{body}");
    }
    let unknown = session_body(&BookingId::new().to_string());
    post().idempotency_key("bad").json(unknown).send().await.expect_problem(404, "not_found");
    post().idempotency_key("bad").raw("application/json", "{").send().await.expect_problem(400, "malformed_json");
    post().idempotency_key("bad").raw("text/plain", "{}").send().await.expect_problem(415, "unsupported_media_type");
    let huge = format!("{{\"payable\": \"{}\"}}", "x".repeat(1_000_000));
    post().idempotency_key("bad").raw("application/json", huge).send().await.expect_problem(413, "payload_too_large");
    let anonymous = world.service.post("/api/payments/session").idempotency_key("bad").json(session_body(id));
    anonymous.send().await.expect_problem(401, "authentication_required");
    assert_eq!((world.count("payments").await, world.provider.calls()), (0, 0));
    assert_eq!(world.count("idempotency_keys").await, 0);
}
