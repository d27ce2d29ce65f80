//! A payment at Square, as the platform's client sees it.

use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{
    ExpireOutcome, PaymentStatus, ProviderError, ProviderEvent, ProviderName, RefundRequest, RefundStatus,
    SessionStatus,
};
use serde_json::json;
use url::Url;

use crate::harness::{AUTHENTICATION, NO_FUNDS, SUCCESS, TestSandbox};

const SQUARE: ProviderName = ProviderName::Square;
const NINETY: Money = Money::new(9000, Currency::EUR);

fn refund_of(payment_id: PaymentId, provider_payment_id: &str, amount: i64) -> RefundRequest {
    RefundRequest {
        refund_id: RefundId::new(),
        payment_id,
        provider_payment_id: provider_payment_id.to_owned(),
        amount: Money::new(amount, Currency::EUR),
        reason: None,
        application_fee: None,
    }
}

/// A session that was paid, and Square's id of the payment.
async fn paid(sandbox: &TestSandbox) -> (PaymentId, String) {
    let (payment_id, session) = sandbox.session_at(SQUARE).await;
    assert_eq!(sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await, "succeeded");
    let state = sandbox.provider(SQUARE).retrieve_session(&session.provider_session_id).await.unwrap();
    (payment_id, state.payment.provider_payment_id.unwrap())
}

/// For the platform that has heard of neither.
#[tokio::test(flavor = "multi_thread")]
async fn refunds_and_disputes_of_late_are_listed_as_their_events_would_tell() {
    let sandbox = TestSandbox::start().await;
    let square = sandbox.provider(SQUARE);
    let (payment_id, provider_payment_id) = paid(&sandbox).await;
    let wanted = refund_of(payment_id, &provider_payment_id, 500);
    square.refund(wanted.clone()).await.unwrap();
    let (disputed, session) = sandbox.session_at(SQUARE).await;
    sandbox.complete(&session.provider_session_id, "4000000000000259", json!({})).await;
    let decide = format!("/sandbox/disputes/{disputed}/decide");
    assert_eq!(sandbox.post(&decide).json(json!({"outcome": "lost"})).send().await.status.as_u16(), 204);
    let now = sandbox.platform.clock.now();
    let news = square.list_news(now - jiff::SignedDuration::from_hours(1), now).await.unwrap();
    let [ProviderEvent::RefundUpdated(refund), ProviderEvent::DisputeUpdated(dispute)] = news.as_slice() else {
        panic!("{news:?}")
    };
    assert_eq!((refund.refund_id, &refund.provider_payment_id), (Some(wanted.refund_id), &provider_payment_id));
    assert_eq!((refund.status, refund.amount.amount), (RefundStatus::Succeeded, 500));
    assert_eq!((dispute.status, dispute.amount), (providers::DisputeStatus::Lost, NINETY));
    let later = square.list_news(now + jiff::SignedDuration::from_hours(1), now).await.unwrap();
    assert!(matches!(later.as_slice(), [ProviderEvent::DisputeUpdated(_)]), "{later:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_leaves_the_link_open_and_the_next_card_pays() {
    let sandbox = TestSandbox::start().await;
    let square = sandbox.provider(SQUARE);
    let (payment_id, session) = sandbox.session_at(SQUARE).await;
    let id = &session.provider_session_id;
    let state = square.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Open, PaymentStatus::Unpaid));

    assert_eq!(sandbox.complete(id, NO_FUNDS, json!({})).await, "declined");
    let failed = sandbox.told("the decline", |event| match event {
        ProviderEvent::PaymentFailed(failed) => Some(failed.clone()),
        _ => None,
    });
    let failed = failed.await;
    assert_eq!((failed.payment_id, failed.failure.code.as_str()), (payment_id, "insufficient_funds"));

    assert_eq!(sandbox.complete(&payment_id.to_string(), SUCCESS, json!({})).await, "succeeded");
    let state = square.retrieve_session(id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Complete, PaymentStatus::Succeeded));
    assert_eq!(state.payment.amount_received, NINETY);
    assert_eq!(state.payment.method.unwrap().last4.as_deref(), Some("4242"));
    let told = sandbox.told("the payment", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => Some(told.clone()),
        _ => None,
    });
    let told = told.await;
    assert_eq!((told.payment_id, told.amount), (payment_id, NINETY));
    assert_eq!(Some(told.provider_payment_id), state.payment.provider_payment_id);
    assert_eq!(square.expire_session(id).await.unwrap(), ExpireOutcome::AlreadyComplete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_link_cancels_its_order_and_a_payment_in_flight_arrives_all_the_same() {
    let sandbox = TestSandbox::start().await;
    let square = sandbox.provider(SQUARE);
    let (_, session) = sandbox.session_at(SQUARE).await;
    let id = &session.provider_session_id;
    assert_eq!(square.expire_session(id).await.unwrap(), ExpireOutcome::Expired);
    assert_eq!(square.expire_session(id).await.unwrap(), ExpireOutcome::AlreadyExpired);
    assert_eq!(square.retrieve_session(id).await.unwrap().status, SessionStatus::Expired);
    assert_eq!(sandbox.complete(id, SUCCESS, json!({})).await, "succeeded");
    assert_eq!(square.retrieve_session(id).await.unwrap().payment.status, PaymentStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_again_is_the_same_link_and_another_call_is_refused() {
    let sandbox = TestSandbox::start().await;
    let square = sandbox.provider(SQUARE);
    let request = sandbox.session_request(PaymentId::new());
    let first = square.create_session(request.clone()).await.unwrap();
    assert_eq!(square.create_session(request.clone()).await.unwrap(), first);
    let other = providers::SessionRequest { amount: Money::new(9001, Currency::EUR), ..request };
    assert!(matches!(square.create_session(other).await, Err(ProviderError::KeyReused(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_accepted_first_and_told_later_and_never_exceed_the_payment() {
    let sandbox = TestSandbox::start().await;
    let square = sandbox.provider(SQUARE);
    let (payment_id, provider_payment_id) = paid(&sandbox).await;
    let request = refund_of(payment_id, &provider_payment_id, 4000);
    let accepted = square.refund(request.clone()).await.unwrap();
    assert_eq!(accepted.status, RefundStatus::Pending);
    assert_eq!(square.refund(request.clone()).await.unwrap(), accepted, "repeated, it is the same refund");
    let state = square.retrieve_refund(&accepted.provider_refund_id).await.unwrap();
    assert_eq!((state.status, state.amount.amount), (RefundStatus::Succeeded, 4000));
    let told = sandbox.told("the refund", |event| match event {
        ProviderEvent::RefundUpdated(told) if told.status == RefundStatus::Succeeded => Some(told.clone()),
        _ => None,
    });
    let told = told.await;
    assert_eq!((told.refund_id, told.provider_payment_id), (Some(request.refund_id), provider_payment_id.clone()));

    let too_much = square.refund(refund_of(payment_id, &provider_payment_id, 5001)).await;
    assert!(matches!(too_much, Err(ProviderError::InvalidRequest(f)) if f.code == "refund_amount_invalid"));
    square.refund(refund_of(payment_id, &provider_payment_id, 5000)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refunds_at_once_give_back_no_more_than_was_paid() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, provider_payment_id) = paid(&sandbox).await;
    let square = sandbox.provider(SQUARE);
    let refunds = (0..20).map(|_| square.refund(refund_of(payment_id, &provider_payment_id, 1000)));
    let results = futures_util::future::join_all(refunds).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_and_its_repetition_are_one_call() {
    let sandbox = TestSandbox::start().await;
    let square = sandbox.provider(SQUARE);
    let (payment_id, provider_payment_id) = paid(&sandbox).await;
    sandbox.fault(json!({"provider": "square", "status": 500, "path": "/refunds", "after_the_work": true})).await;
    let request = refund_of(payment_id, &provider_payment_id, 9000);
    assert!(square.refund(request.clone()).await.unwrap_err().outcome_is_unknown());
    square.refund(request).await.unwrap();
    let again = square.refund(refund_of(payment_id, &provider_payment_id, 1)).await;
    assert!(matches!(again, Err(ProviderError::InvalidRequest(_))), "{again:?}");

    sandbox.fault(json!({"provider": "square", "status": 429, "count": 2})).await;
    for _ in 0..2 {
        assert_eq!(square.retrieve_session("L:O").await.unwrap_err(), ProviderError::RateLimited);
    }
    assert!(matches!(square.retrieve_session("L:O").await, Err(ProviderError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_connects_its_account_and_refreshes_its_token_once_per_token() {
    let sandbox = TestSandbox::start().await;
    let oauth = sandbox.providers.square_oauth().unwrap();
    let callback: Url = "http://127.0.0.1:8080/api/payments/square/callback".parse().unwrap();
    let begun = oauth.authorize(&callback).unwrap();
    let path = format!("/square/oauth2/authorize?{}", begun.url.query().unwrap());
    assert_eq!(sandbox.get(&path).send().await.status.as_u16(), 200);
    let answer = sandbox.form(&path, "answer=allow").send().await;
    assert_eq!(answer.status.as_u16(), 303);
    let back: Url = answer.headers["location"].to_str().unwrap().parse().unwrap();
    let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(value("state"), Some(begun.state));
    let code = value("code").unwrap();

    let stranger = oauth.exchange(&code, &"another verifier".into(), &callback).await;
    assert_eq!(stranger.unwrap_err(), ProviderError::Unauthorized);
    let token = oauth.exchange(&code, &begun.verifier, &callback).await.unwrap();
    assert_eq!(oauth.exchange(&code, &begun.verifier, &callback).await.unwrap_err(), ProviderError::Unauthorized);
    let next = oauth.refresh(&token.refresh_token).await.unwrap();
    assert_eq!(next.merchant_id, token.merchant_id);
    assert_eq!(oauth.refresh(&token.refresh_token).await.unwrap_err(), ProviderError::Unauthorized);
    assert!(next.expires_at > sandbox.platform.clock.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_d_secure_waits_for_the_customer() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session_at(SQUARE).await;
    assert_eq!(sandbox.complete(&session.provider_session_id, AUTHENTICATION, json!({})).await, "requires_action");
    let approve = sandbox.post(&format!("/sandbox/checkout/{payment_id}/authenticate")).json(json!({"approve": true}));
    assert_eq!(approve.send().await.expect(200)["outcome"], "succeeded");
}
