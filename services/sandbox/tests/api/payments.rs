//! A payment from the session to the money, as async-stripe sees it.

use kernel::{Currency, Money};
use providers::{ExpireOutcome, PaymentStatus, ProviderError, ProviderEvent, SessionStatus};
use serde_json::json;

use crate::harness::{AUTHENTICATION, NO_FUNDS, SUCCESS, TestSandbox};

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_leaves_the_session_open_and_the_next_card_pays() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session().await;
    let id = &session.provider_session_id;
    let state = sandbox.stripe.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Open, PaymentStatus::Unpaid));
    assert_eq!(state.payment.provider_payment_id, None);

    assert_eq!(sandbox.complete(id, NO_FUNDS, json!({})).await, "declined");
    let state = sandbox.stripe.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Open, PaymentStatus::Failed));
    assert_eq!(state.payment.failure.unwrap().code, "insufficient_funds");
    let failed = sandbox.told("the decline", |event| match event {
        ProviderEvent::PaymentFailed(failed) => Some(failed.clone()),
        _ => None,
    });
    let failed = failed.await;
    assert_eq!((failed.payment_id, failed.failure.code.as_str()), (payment_id, "insufficient_funds"));

    // By our own id this time.
    assert_eq!(sandbox.complete(&payment_id.to_string(), SUCCESS, json!({})).await, "succeeded");
    let state = sandbox.stripe.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Complete, PaymentStatus::Succeeded));
    assert_eq!(state.payment.amount_received, Money::new(9000, Currency::EUR));
    assert_eq!(state.payment.method.unwrap().last4.as_deref(), Some("4242"));
    assert_eq!(state.payment.provider_payment_id.as_deref(), Some(failed.provider_payment_id.as_str()));

    let with_method = sandbox.told("the payment with its card", |event| match event {
        ProviderEvent::PaymentSucceeded(told) if told.method.is_some() => Some(told.clone()),
        _ => None,
    });
    assert_eq!(with_method.await.payment_id, payment_id);
    let by_session = sandbox.told("the session", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => told.session_id.clone(),
        _ => None,
    });
    assert_eq!(&by_session.await, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_paid_once() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    let id = &session.provider_session_id;
    assert_eq!(sandbox.complete(id, SUCCESS, json!({})).await, "succeeded");
    let again = sandbox.post(&format!("/sandbox/checkout/{id}/complete")).json(json!({"card": SUCCESS}));
    again.send().await.expect_problem(409, "already_paid");
    assert_eq!(sandbox.stripe.expire_session(id).await.unwrap(), ExpireOutcome::AlreadyComplete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_flight_arrives_after_the_session_was_closed() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session().await;
    let id = &session.provider_session_id;
    assert_eq!(sandbox.stripe.expire_session(id).await.unwrap(), ExpireOutcome::Expired);
    assert_eq!(sandbox.stripe.expire_session(id).await.unwrap(), ExpireOutcome::AlreadyExpired);
    let expired = sandbox.told("the expiry", |event| match event {
        ProviderEvent::SessionExpired(told) => Some(told.payment_id),
        _ => None,
    });
    assert_eq!(expired.await, payment_id);

    assert_eq!(sandbox.complete(id, SUCCESS, json!({})).await, "succeeded");
    let state = sandbox.stripe.retrieve_session(id).await.unwrap();
    assert_eq!(state.payment.status, PaymentStatus::Succeeded);
    let paid = sandbox.told("the payment", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => Some(told.payment_id),
        _ => None,
    });
    assert_eq!(paid.await, payment_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_expires_by_the_platforms_clock() {
    let sandbox = TestSandbox::start().await;
    let mut request = sandbox.session_request(kernel::PaymentId::new());
    request.expires_at = Some(request.requested_at + jiff::SignedDuration::from_mins(90));
    let session = sandbox.stripe.create_session(request).await.unwrap();
    let id = &session.provider_session_id;
    sandbox.advance(89 * 60).await;
    assert_eq!(sandbox.stripe.retrieve_session(id).await.unwrap().status, SessionStatus::Open);
    sandbox.advance(61).await;
    assert_eq!(sandbox.stripe.retrieve_session(id).await.unwrap().status, SessionStatus::Expired);
    sandbox.told("the expiry", |event| matches!(event, ProviderEvent::SessionExpired(_)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_asks_for_authentication_waits_for_the_answer() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    let id = &session.provider_session_id;
    let authenticate = |approve: bool| {
        sandbox.post(&format!("/sandbox/checkout/{id}/authenticate")).json(json!({"approve": approve})).send()
    };
    authenticate(true).await.expect_problem(409, "nothing_to_authenticate");
    assert_eq!(sandbox.complete(id, AUTHENTICATION, json!({})).await, "requires_action");
    let state = sandbox.stripe.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Open, PaymentStatus::Unpaid));

    assert_eq!(authenticate(false).await.expect(200)["outcome"], "declined");
    assert_eq!(sandbox.complete(id, AUTHENTICATION, json!({})).await, "requires_action");
    assert_eq!(authenticate(true).await.expect(200)["outcome"], "succeeded");
    let state = sandbox.stripe.retrieve_session(id).await.unwrap();
    assert_eq!(state.payment.status, PaymentStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_and_webhooks_out_of_bounds_are_named() {
    let sandbox = TestSandbox::start().await;
    let (_, session) = sandbox.session().await;
    let path = format!("/sandbox/checkout/{}/complete", session.provider_session_id);
    for (body, pointer) in [
        (json!({"card": "4242"}), "/card"),
        (json!({"card": "4242 4242 4242 424x"}), "/card"),
        (json!({"card": SUCCESS, "webhooks": {"copies": 0}}), "/webhooks/copies"),
        (json!({"card": SUCCESS, "webhooks": {"copys": 2}}), "/webhooks/copys"),
    ] {
        let problem = sandbox.post(&path).json(body).send().await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    sandbox.post("/sandbox/checkout/cs_unknown/complete").json(json!({"card": SUCCESS})).send().await.expect(404);
    assert_eq!(sandbox.complete(&session.provider_session_id, "4111111111111111", json!({})).await, "declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_not_allowed_is_classified() {
    let sandbox = TestSandbox::start().await;
    let missing = sandbox.stripe.retrieve_session("cs_test_missing").await.unwrap_err();
    assert!(matches!(missing, ProviderError::NotFound(_)), "{missing}");
    assert!(matches!(sandbox.stripe.retrieve_refund("re_missing").await, Err(ProviderError::NotFound(_))));
    assert!(matches!(sandbox.stripe.retrieve_session("../charges").await, Err(ProviderError::NotFound(_))));

    let mut request = sandbox.session_request(kernel::PaymentId::new());
    request.amount = Money::new(0, Currency::EUR);
    let refused = sandbox.stripe.create_session(request).await.unwrap_err();
    assert!(matches!(refused, ProviderError::InvalidRequest(_)), "{refused}");

    for authorization in ["", "Bearer sk_live_1", "Basic c2tfbGl2ZV8xOg=="] {
        let request = sandbox.get("/stripe/v1/refunds").header("authorization", authorization);
        assert_eq!(request.send().await.status.as_u16(), 401, "{authorization}");
    }
    // `sk_test_1:`, as curl's `-u` sends it.
    sandbox.get("/stripe/v1/refunds").header("authorization", "Basic c2tfdGVzdF8xOg==").send().await.expect(200);
    let unplayed = sandbox.get("/stripe/v1/customers").bearer("sk_test_1").send().await.expect(404);
    assert_eq!(unplayed["error"]["type"], "invalid_request_error");
}
