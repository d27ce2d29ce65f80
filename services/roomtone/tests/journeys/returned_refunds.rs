//! A refund that goes out and comes back days later: as if it had never gone, for everybody who counts, and told to everybody
//! who has to know.

use serde_json::json;
use testkit::eventually;

use crate::support::{Layout, Scene, TestPlatform, studio::TOTAL};

/// What a company keeps of a booking.
const SHARE: i64 = 4_284;

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_fails_after_it_succeeded_is_undone_everywhere_and_may_be_made_again() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    let payment = scene.pay(&platform, &booking).await;
    let refund = async || {
        let wish = json!({"payment_id": payment["id"], "reason": "The heating was broken"});
        scene.owner.post_once(&platform, "/api/payments/refund", wish).await.expect(201)
    };
    let refunded_of_booking = async |wanted: i64| {
        let path = format!("/api/bookings/{}", booking.id);
        eventually(&format!("the booking has given back {wanted}"), || async {
            let booking = scene.customer.get(&platform, &path).send().await.expect(200);
            (booking["amount_refunded"]["amount"] == wanted).then_some(())
        })
        .await;
    };
    refund().await;
    refunded_of_booking(TOTAL).await;
    scene.company_balance(&platform, 0, 0).await;

    let path = format!("/sandbox/refunds/{}/fail", payment["id"].as_str().unwrap());
    assert_eq!(platform.post(&path).send().await.status.as_u16(), 204);
    scene.payment_in(&platform, &payment, "succeeded").await;
    refunded_of_booking(0).await;
    scene.company_balance(&platform, SHARE, 0).await;
    scene.customer.mail(&platform, "did not arrive").await;
    scene.owner.mail(&platform, "Refund failed: 47.60 EUR").await;

    // An administrator sees all of it beside each other.
    let path = format!("/api/admin/payments/{}", payment["id"].as_str().unwrap());
    let shown = scene.admin.get(&platform, &path).send().await.expect(200);
    let kinds: Vec<&str> = shown["ledger"]["transfers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|transfer| transfer["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["refund_returned", "payment_refunded", "payment_allocated", "payment_received"]);
    let events = shown["provider_events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["event_type"] == "refund.failed"), "{shown}");
    let actions = shown["ledger"]["actions"].as_array().unwrap();
    assert!(actions.iter().any(|action| action["reason"] == "The heating was broken"), "{shown}");
    assert_eq!((&shown["missing"], &shown["refunds"][0]["status"]), (&json!([]), &json!("failed")));

    refund().await;
    refunded_of_booking(TOTAL).await;
    // The payment, two refunds, and the one that came back.
    scene.stripe_agrees(&platform, 4).await;
    scene.assert_books_balance(&platform).await;
    platform.assert_healthy().await;
    platform.stop().await;
}
