//! The platform's commission, as an administrator sets it: what is paid meanwhile is charged at the rate of its day, and goes back
//! at the same.

use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    payouts::{account_is, sign_in_again},
    support::{Layout, Scene, TestPlatform, studio::TOTAL},
};

const DAY: i64 = 86_400;

/// At 5 % of 40.00 net: 2.00, and 0.38 VAT on it.
const SHARE: i64 = TOTAL - 238;

async fn set(platform: &TestPlatform, scene: &Scene, body: Value) -> Value {
    let path = format!("/api/admin/companies/{}/commission", scene.company_id);
    scene.admin.put(platform, &path).json(body).send().await.expect(200)["in_force"].clone()
}

/// The rate as the company sees it, and why it counts.
async fn shown(platform: &TestPlatform, scene: &Scene) -> (Value, Value) {
    let path = format!("/api/payments/settings?company_id={}", scene.company_id);
    let settings = scene.owner.get(platform, &path).send().await.expect(200);
    (settings["commission"]["rate"].clone(), settings["commission"]["because"].clone())
}

async fn pay(platform: &TestPlatform, scene: &Scene, day: i64) -> Value {
    let booking = scene.book(platform, day).await;
    scene.pay(platform, &booking).await
}

/// The path of a booking for a caller, who pays at the desk.
async fn walk_in(platform: &TestPlatform, scene: &Scene, day: i64) -> String {
    let (starts_at, ends_at) = scene.slot(platform, day).await;
    let body = json!({
        "room_id": scene.room_id, "starts_at": starts_at, "ends_at": ends_at, "payment": "at_desk",
        "customer": {"name": "Lena", "email": "lena@example.com"},
    });
    let held = scene.owner.post_once(platform, "/api/bookings", body).await.expect(201);
    format!("/api/bookings/{}", held["id"].as_str().unwrap())
}

async fn at_desk(platform: &TestPlatform, scene: &Scene, path: &str, amount: i64) {
    let entry = json!({"method": "cash", "amount": amount});
    scene.owner.post_once(platform, path, entry).await.expect(200);
}

async fn books_are(platform: &TestPlatform, scene: &Scene, (commission, tax, pending): (i64, i64, i64)) {
    scene.company_balance(platform, pending, 0).await;
    account_is(platform, scene, "income:commission", commission).await;
    account_is(platform, scene, "liabilities:tax:DE", tax).await;
    scene.assert_books_balance(platform).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_has_a_rate_of_its_own_and_none_while_its_promotion_lasts() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut scene = Scene::set(&platform).await;
    assert_eq!(shown(&platform, &scene).await, (json!("10"), json!("default")));
    set(&platform, &scene, json!({"kind": "company", "rate": "5", "reason": "Agreed"})).await;
    assert_eq!(shown(&platform, &scene).await, (json!("5"), json!("company")));
    let first = pay(&platform, &scene, 0).await;
    books_are(&platform, &scene, (200, 38, SHARE)).await;

    let clock = platform.get("/sandbox/clock").send().await.expect(200);
    let now: jiff::Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
    let ends_at = now + jiff::SignedDuration::from_secs(2 * DAY);
    let promotion = json!({"kind": "promotion", "rate": "0", "ends_at": ends_at, "reason": "Their first year"});
    assert_eq!(set(&platform, &scene, promotion).await["because"], "promotion");
    // A quarter of what was paid at 5 % goes back: 0.50 and 0.10 of it.
    let refund = json!({"payment_id": first["id"], "amount": TOTAL / 4});
    scene.owner.post_once(&platform, "/api/payments/refund", refund).await.expect(201);
    books_are(&platform, &scene, (150, 28, SHARE - 1_130)).await;
    pay(&platform, &scene, 1).await;
    let walk_in = walk_in(&platform, &scene, 2).await;
    at_desk(&platform, &scene, &format!("{walk_in}/record-payment"), TOTAL / 2).await;
    books_are(&platform, &scene, (150, 28, SHARE - 1_130 + TOTAL)).await;

    platform.advance_secs(2 * DAY).await;
    sign_in_again(&platform, &mut scene).await;
    assert_eq!(shown(&platform, &scene).await, (json!("5"), json!("company")), "as before the promotion");
    at_desk(&platform, &scene, &format!("{walk_in}/record-payment"), TOTAL / 2).await;
    // Of the second half the company owes 1.00 and 0.19 VAT, and of the first nothing.
    let cash = format!("assets:cash:company:{}", scene.company_id);
    account_is(&platform, &scene, &cash, 119).await;
    pay(&platform, &scene, 3).await;
    let pending = SHARE - 1_130 + TOTAL + SHARE;
    books_are(&platform, &scene, (150 + 100 + 200, 28 + 19 + 38, pending)).await;

    // Each half goes back at the rate of its own.
    scene.owner.post(&platform, &format!("{walk_in}/cancel")).send().await.expect(200);
    at_desk(&platform, &scene, &format!("{walk_in}/record-refund"), TOTAL).await;
    account_is(&platform, &scene, &cash, 0).await;
    books_are(&platform, &scene, (150 + 200, 28 + 38, pending)).await;

    eventually("the trail of the platform has both", || async {
        let trail = scene.admin.get(&platform, "/api/admin/audit?kind=financial_action").send().await.expect(200);
        let trail = trail.to_string();
        ["company_commission_set", "commission_promotion_set"].iter().all(|action| trail.contains(action)).then_some(())
    })
    .await;
    platform.assert_healthy().await;
    platform.stop().await;
}
