//! Payments that settle with the company itself: the platform has its fee of them and nothing else, at the provider as in the
//! book.

use serde_json::{Value, json};
use testkit::{TestResponse, eventually};

use crate::{
    connections::connect,
    payouts::onboard,
    providers::session_at,
    support::{Layout, Scene, TestPlatform, studio::TOTAL},
};

/// 10 % of 40.00 net, and 19 % VAT on it.
const FEE: i64 = 476;

async fn settle_with(platform: &TestPlatform, scene: &Scene, provider: &str) -> TestResponse {
    let body = json!({"company_id": scene.company_id, "provider": provider, "settlement": "company"});
    scene.owner.put(platform, "/api/payments/settings").json(body).send().await
}

/// Paid at the provider, and confirmed; the payment.
async fn paid(platform: &TestPlatform, scene: &Scene, provider: &str, (day, card): (i64, &str)) -> Value {
    let booking = scene.book(platform, day).await;
    let payment = session_at(platform, scene, &booking, provider).await;
    assert_eq!(payment["settlement"], "company");
    assert_eq!(platform.pay_with(&payment, card).await.expect(200)["outcome"], "succeeded");
    scene.booking_in(platform, &booking, "confirmed").await;
    payment
}

async fn refund(platform: &TestPlatform, scene: &Scene, payment: &Value, amount: i64) {
    let body = json!({"payment_id": payment["id"], "amount": amount});
    scene.owner.post_once(platform, "/api/payments/refund", body).await.expect(201);
    scene.payment_in(platform, payment, "partially_refunded").await;
}

async fn accounts_are(platform: &TestPlatform, scene: &Scene, wanted: &[(&str, i64)]) {
    for (code, amount) in wanted {
        eventually(&format!("{code} is {amount}"), || async {
            (scene.account(platform, code).await.unwrap_or(0) == *amount).then_some(())
        })
        .await;
    }
    scene.company_balance(platform, 0, 0).await;
    scene.assert_books_balance(platform).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_stripe_the_company_has_the_money_at_once_and_the_books_agree() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    settle_with(&platform, &scene, "paypal").await.expect_problem(409, "company_settlement_not_offered");
    settle_with(&platform, &scene, "stripe").await.expect_problem(409, "company_account_not_ready");
    onboard(&platform, &scene).await;
    settle_with(&platform, &scene, "stripe").await.expect(200);

    let payment = paid(&platform, &scene, "stripe", (0, "4242424242424242")).await;
    let books = |provider, commission, tax| {
        [
            ("assets:provider:stripe", provider),
            ("income:commission", commission),
            ("liabilities:tax:DE", tax),
            ("liabilities:unallocated", 0),
        ]
    };
    accounts_are(&platform, &scene, &books(FEE, 400, 76)).await;
    // A quarter of it.
    refund(&platform, &scene, &payment, TOTAL / 4).await;
    accounts_are(&platform, &scene, &books(FEE - 119, 300, 57)).await;
    let path = format!("/api/payments/stripe/balance?company_id={}", scene.company_id);
    let balance = scene.owner.get(&platform, &path).send().await.expect(200);
    let left = (TOTAL - FEE) * 3 / 4;
    assert_eq!(balance["available"], json!([{"amount": left, "currency": "EUR"}]));

    // Disputed and lost: the bank takes it from the platform, and the company owes its part.
    let disputed = paid(&platform, &scene, "stripe", (1, "4000000000000259")).await;
    let decide = format!("/sandbox/disputes/{}/decide", disputed["id"].as_str().unwrap());
    assert_eq!(platform.post(&decide).json(json!({"outcome": "lost"})).send().await.status.as_u16(), 204);
    accounts_are(&platform, &scene, &books(FEE - 119 + FEE - TOTAL - 2_000, 300, 57)).await;
    let owed = format!("assets:receivable:company:{}", scene.company_id);
    accounts_are(&platform, &scene, &[(&owed, TOTAL - FEE), ("expense:disputes", 0)]).await;

    // Twice the payment, its way to the company and the fee; for the refund what went each way and the fee's part; the
    // dispute and what it cost.
    scene.stripe_agrees(&platform, 2 * 3 + 3 + 2).await;
    platform.assert_healthy().await;
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_square_the_customer_pays_the_companys_own_account() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    settle_with(&platform, &scene, "square").await.expect_problem(409, "company_account_not_ready");
    let (_, connected) = connect(&platform, &scene, "allow").await;
    let merchant_id = connected.expect(200)["merchant_id"].as_str().unwrap().to_owned();
    settle_with(&platform, &scene, "square").await.expect(200);

    let payment = paid(&platform, &scene, "square", (0, "4242424242424242")).await;
    accounts_are(&platform, &scene, &[("assets:provider:square", FEE), ("income:commission", 400)]).await;
    refund(&platform, &scene, &payment, TOTAL / 4).await;
    accounts_are(&platform, &scene, &[("assets:provider:square", FEE - 119), ("income:commission", 300)]).await;
    for (merchant_id, amount) in [("MLSANDBOX", FEE - 119), (merchant_id.as_str(), (TOTAL - FEE) * 3 / 4)] {
        let path = format!("/sandbox/square/balances/{merchant_id}");
        assert_eq!(platform.get(&path).send().await.expect(200)["amount"], amount, "{merchant_id}");
    }
    platform.assert_healthy().await;
    platform.stop().await;
}
