//! A provider that does not answer for a while: nothing is lost, nothing is done twice, and all is right afterwards.

use serde_json::json;

use crate::{
    payouts::{SHARE, earned, euros, onboard, payout_in, sign_in_again},
    support::{Layout, TestPlatform, studio::TOTAL},
};

const MINUTE: i64 = 60;

/// Stripe answers nothing for ten minutes, while somebody wants to pay, somebody cancels, and a company wants its money.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_for_ten_minutes_is_made_up_for_right_after() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = earned(&platform, &["stripe"]).await;
    onboard(&platform, &scene).await;
    let cancelled = scene.book(&platform, 0).await;
    let refunded = scene.pay(&platform, &cancelled).await;
    let held = scene.book(&platform, 1).await;

    let down = json!({"provider": "stripe", "status": 503, "for_secs": 10 * MINUTE});
    assert_eq!(platform.post("/sandbox/faults").json(down).send().await.status.as_u16(), 204);
    let wish = json!({"payable": {"type": "booking", "id": held.id}});
    let pay = async |token: &str| {
        let request = platform.post("/api/payments/session").bearer(token).idempotency_key("patience");
        request.json(wish.clone()).send().await
    };
    let refused = pay(&scene.customer.token).await;
    assert!(refused.headers.contains_key("retry-after"), "{}", refused.text);
    refused.expect_problem(503, "unavailable");
    let cancel = format!("/api/bookings/{}/cancel", cancelled.id);
    scene.customer.post(&platform, &cancel).json(json!({})).send().await.expect(200);
    let payout = scene.owner.post_once(&platform, "/api/payouts", euros(&scene, SHARE)).await.expect(201);

    platform.advance_secs(9 * MINUTE).await;
    sign_in_again(&platform, &mut scene).await;
    pay(&scene.customer.token).await.expect_problem(503, "unavailable");
    let path = format!("/api/payments/{}", refunded["id"].as_str().unwrap());
    let waiting = scene.customer.get(&platform, &path).send().await.expect(200);
    assert_eq!((&waiting["status"], &waiting["amount_refunded"]["amount"]), (&json!("succeeded"), &json!(0)));
    payout_in(&platform, &scene, &payout, "held").await;

    platform.advance_secs(MINUTE + 1).await;
    sign_in_again(&platform, &mut scene).await;
    scene.payment_in(&platform, &refunded, "refunded").await;
    payout_in(&platform, &scene, &payout, "sent").await;
    // Stripe opens no page that closes in less than half an hour, and this one was meant to be open by now: that payment has
    // failed, and the same key begins another.
    let payment = match pay(&scene.customer.token).await {
        answer if answer.status == 201 => answer.json(),
        answer => {
            answer.expect_problem(422, "payment_refused");
            pay(&scene.customer.token).await.expect(201)
        }
    };
    assert_eq!(platform.pay_with(&payment, "4242424242424242").await.expect(200)["outcome"], "succeeded");
    scene.booking_in(&platform, &held, "confirmed").await;
    scene.company_balance(&platform, SHARE, 0).await;
    // Two payments, one refund and one transfer; the payment of forty days ago is not looked at any more.
    scene.stripe_agrees(&platform, 4).await;
    assert_eq!(scene.account(&platform, "assets:provider:stripe").await, Some(2 * TOTAL - SHARE));
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}
