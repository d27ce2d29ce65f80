//! Payments that settle with a company: the company has them at once, and the platform its fee.

use jiff::SignedDuration;
use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{
    Destination, MovementsRequest, PaymentProvider, PaymentStatus, PayoutSchedule, ProviderError, ProviderName,
    RefundRequest, SessionRequest, SquareToken,
};
use serde_json::json;
use url::Url;

use crate::{
    connect::{PAYS, in_use},
    harness::{SUCCESS, TestSandbox},
};

const EUR: Currency = Currency::EUR;

/// A payment of 90 EUR, of which 9 EUR are the platform's; paid.
async fn settled(sandbox: &TestSandbox, provider: &dyn PaymentProvider, account_id: &str) -> (PaymentId, String) {
    let payment_id = PaymentId::new();
    let destination = Destination { account_id: account_id.to_owned(), application_fee: Money::new(900, EUR) };
    let request = SessionRequest { destination: Some(destination), ..sandbox.session_request(payment_id) };
    let session = provider.create_session(request).await.unwrap();
    assert_eq!(sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await, "succeeded");
    let state = provider.retrieve_session(&session.provider_session_id).await.unwrap();
    assert_eq!((state.payment.status, state.payment.amount_received.amount), (PaymentStatus::Succeeded, 9_000));
    (payment_id, state.payment.provider_payment_id.unwrap())
}

fn refund((payment_id, provider_payment_id): &(PaymentId, String), amount: i64, fee: i64) -> RefundRequest {
    RefundRequest {
        refund_id: RefundId::new(),
        payment_id: *payment_id,
        provider_payment_id: provider_payment_id.clone(),
        amount: Money::new(amount, EUR),
        reason: None,
        application_fee: Some(Money::new(fee, EUR)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_with_a_destination_leaves_the_platform_its_fee_and_a_refund_takes_from_both() {
    let sandbox = TestSandbox::start().await;
    let account = in_use(&sandbox, PAYS).await.provider_account_id;
    let paid = settled(&sandbox, sandbox.stripe.as_ref(), &account).await;
    let back = refund(&paid, 3_000, 300);
    let provider_refund_id = sandbox.stripe.refund(back.clone()).await.unwrap().provider_refund_id;
    let balances = async || {
        let get = |path: &str| sandbox.get(path).bearer("sk_test_1");
        let of_platform = get("/stripe/v1/balance").send().await.expect(200);
        let of_company = sandbox.stripe.payouts().unwrap().account_balance(&account).await.unwrap();
        (of_platform["available"][0]["amount"].as_i64().unwrap(), of_company.available[0].amount)
    };
    // The platform has had 90 EUR before.
    assert_eq!(balances().await, (9_000 + 600, 8_100 - 2_700));

    let now = sandbox.platform.clock.now();
    let hour = SignedDuration::from_hours(1);
    let request = MovementsRequest { from: now - hour, to: now + hour, after: None };
    let moved = sandbox.stripe.statement().unwrap().list_movements(request).await.unwrap().movements;
    let ours = Some(paid.0.to_string());
    let mut found: Vec<_> = moved
        .iter()
        .filter(|moved| moved.reference == ours || moved.source.as_ref() == Some(&provider_refund_id))
        .map(|moved| (moved.kind.as_str(), moved.amount.amount))
        .collect();
    found.sort_unstable();
    let wanted = [
        ("application_fee", 900),
        ("application_fee_refund", -300),
        ("charge", 9_000),
        ("forward", -9_000),
        ("forward_return", 3_000),
        ("refund", -3_000),
    ];
    assert_eq!(found, wanted);
    assert_eq!(moved.len(), wanted.len() + 1, "and the payment before");

    // What lies there is to go to the company's bank.
    sandbox.stripe.payouts().unwrap().set_schedule(&account, PayoutSchedule::Daily).await.unwrap();
    let shown = sandbox.get(&format!("/stripe/v1/accounts/{account}")).bearer("sk_test_1").send().await.expect(200);
    assert_eq!(shown["settings"]["payouts"]["schedule"]["interval"], "daily");

    sandbox.stripe.refund(back).await.unwrap();
    sandbox.stripe.refund(refund(&paid, 6_000, 600)).await.unwrap();
    assert_eq!(balances().await, (9_000, 0), "all has gone back, and nothing twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_settles_with_an_account_that_is_not_ready_or_not_there() {
    let sandbox = TestSandbox::start().await;
    let account = in_use(&sandbox, PAYS).await.provider_account_id;
    let path = format!("/sandbox/accounts/{account}/onboard");
    sandbox.post(&path).json(json!({"outcome": "restricted"})).send().await;
    for account_id in [account.as_str(), "acct_unknown"] {
        let destination = Destination { account_id: account_id.to_owned(), application_fee: Money::new(900, EUR) };
        let request = SessionRequest { destination: Some(destination), ..sandbox.session_request(PaymentId::new()) };
        let refused = sandbox.stripe.create_session(request).await;
        assert!(matches!(refused, Err(ProviderError::InvalidRequest(_) | ProviderError::NotFound(_))), "{refused:?}");
    }
    // What was the platform's own has nothing to take back from anybody.
    let (payment_id, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    let state = sandbox.stripe.retrieve_session(&session.provider_session_id).await.unwrap();
    let own = (payment_id, state.payment.provider_payment_id.unwrap());
    assert!(matches!(sandbox.stripe.refund(refund(&own, 10, 1)).await, Err(ProviderError::InvalidRequest(_))));
}

/// A company that has connected its account.
async fn connected(sandbox: &TestSandbox) -> SquareToken {
    let oauth = sandbox.providers.square_oauth().unwrap();
    let callback: Url = "http://127.0.0.1:8080/api/payments/square/callback".parse().unwrap();
    let begun = oauth.authorize(&callback).unwrap();
    let path = format!("/square/oauth2/authorize?{}", begun.url.query().unwrap());
    let answer = sandbox.form(&path, "answer=allow").send().await;
    let back: Url = answer.headers["location"].to_str().unwrap().parse().unwrap();
    let code = back.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
    oauth.exchange(&code, &begun.verifier, &callback).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_seller_is_paid_on_their_own_account_and_the_platform_keeps_its_fee() {
    let sandbox = TestSandbox::start().await;
    let token = connected(&sandbox).await;
    let platform = sandbox.provider(ProviderName::Square);
    let seller = platform.acting_for(token.access_token).unwrap();
    let paid = settled(&sandbox, seller.as_ref(), &token.merchant_id).await;
    let balance = async |merchant_id: &str| {
        let path = format!("/sandbox/square/balances/{merchant_id}");
        sandbox.get(&path).send().await.expect(200)["amount"].as_i64().unwrap()
    };
    assert_eq!((balance("MLSANDBOX").await, balance(&token.merchant_id).await), (900, 8_100));

    // Neither the platform's own token nor another seller's is good for it.
    let other = platform.acting_for(connected(&sandbox).await.access_token).unwrap();
    for stranger in [&platform, &other] {
        assert!(matches!(stranger.refund(refund(&paid, 10, 0)).await, Err(ProviderError::NotFound(_))));
    }
    let back = refund(&paid, 3_000, 300);
    let provider_refund_id = seller.refund(back.clone()).await.unwrap().provider_refund_id;
    assert!(matches!(platform.retrieve_refund(&provider_refund_id).await, Err(ProviderError::NotFound(_))));
    assert_eq!(seller.retrieve_refund(&provider_refund_id).await.unwrap().amount, back.amount);
    assert_eq!((balance("MLSANDBOX").await, balance(&token.merchant_id).await), (600, 5_400));
    assert!(seller.refund(refund(&paid, 1_000, 601)).await.is_err(), "more than is left of the fee");
    seller.refund(refund(&paid, 6_000, 600)).await.unwrap();
    assert_eq!((balance("MLSANDBOX").await, balance(&token.merchant_id).await), (0, 0));
}
