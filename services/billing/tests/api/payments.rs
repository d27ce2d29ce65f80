use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{CompanyId, PaymentId};
use serde_json::json;
use service_kit::identity::CompanyRole;
use testkit::CallerToken;

use crate::support::{World, declined, payment_id, succeeded};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_seen_by_its_customer_its_company_and_administrators() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    for (caller, status) in [
        (world.customer.clone(), 200),
        (world.manager.clone(), 200),
        (staff, 200),
        (CallerToken::default().admin(), 200),
        (CallerToken::default(), 404),
        (CallerToken::default().owner_of(CompanyId::new()), 404),
    ] {
        let token = world.service.token(&caller);
        world.service.get(&path).bearer(&token).send().await.expect(status);
        world.service.get(&format!("{path}/refunds")).bearer(&token).send().await.expect(status);
        let verify = world.service.post("/api/payments/verify").bearer(&token);
        verify.json(json!({"payment_id": payment["id"]})).send().await.expect(status);
    }
    for path in [path.as_str(), "/api/payments", "/api/receipts"] {
        world.service.get(path).send().await.expect_problem(401, "authentication_required");
    }
    for path in ["/api/payments/bkg_01h455vb4pex5vsknk084sn02q", "/api/payments/x"] {
        world.as_customer(world.service.get(path)).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_listed_by_page_for_the_customer_and_for_the_company() {
    let world = World::start().await;
    for _ in 0..5 {
        let booking = world.hold().await;
        world.open_session(&booking.booking_id).await.expect(201);
        world.service.advance_secs(1).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/payments?limit=2".to_owned();
    loop {
        let page = world.as_customer(world.service.get(&path)).send().await.expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|payment| payment["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/payments?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0].as_str() > pair[1].as_str()), "newest first: {seen:?}");
    let of_company = format!("/api/payments?company_id={}", world.company);
    let page = world.as_manager(world.service.get(&of_company)).send().await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 5);
    world.as_customer(world.service.get(&of_company)).send().await.expect_problem(404, "not_found");
    let own = world.as_manager(world.service.get("/api/payments")).send().await.expect(200);
    assert_eq!(own["data"], json!([]));
    // Well-formed, and before every instant the database knows.
    let ancient = json!(["-009999-01-02T00:00:00Z", PaymentId::new()]).to_string();
    let ancient = format!("cursor={}", BASE64_URL_SAFE_NO_PAD.encode(ancient));
    for bad in [
        ancient.as_str(),
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=x",
        "company_id=x",
        "colour=red",
        "limit=99999999999999999999",
    ] {
        let answer = world.as_customer(world.service.get(&format!("/api/payments?{bad}"))).send().await;
        assert_eq!(answer.status.as_u16(), 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_the_provider_finds_a_payment_whose_webhook_was_lost() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let verify = || {
        let request = world.as_customer(world.service.post("/api/payments/verify"));
        request.json(json!({"payment_id": payment["id"]})).send()
    };
    assert_eq!(verify().await.expect(200)["status"], "pending");
    world.provider.pay_silently(payment_id(&payment));
    world.provider.set_down(true);
    verify().await.expect_problem(503, "unavailable");
    world.provider.set_down(false);
    assert_eq!(verify().await.expect(200)["status"], "succeeded");
    // The webhook comes after all, and the customer asks again.
    world.webhook(succeeded(&payment)).await;
    assert_eq!(verify().await.expect(200)["attempts"], 1);
    let told = world.service.events::<contracts::billing::v1::PaymentSucceeded>().await;
    assert_eq!(told.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_leaves_the_payment_to_be_tried_again() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.webhook(declined(&payment, "insufficient_funds", 1)).await;
    let after = world.payment(&payment).await;
    assert_eq!((&after["status"], &after["failure_code"]), (&json!("pending"), &json!("insufficient_funds")));
    assert_eq!((&after["attempts"], &after["checkout_url"]), (&json!(1), &payment["checkout_url"]));
    world.webhook(succeeded(&payment)).await;
    let after = world.payment(&payment).await;
    assert_eq!((&after["status"], &after["failure_code"]), (&json!("succeeded"), &json!(null)));
    // Told late: a second decline of before.
    world.webhook(declined(&payment, "card_declined", 2)).await;
    let after = world.payment(&payment).await;
    assert_eq!((&after["status"], &after["failure_code"]), (&json!("succeeded"), &json!(null)));
    let failed = world.service.events::<contracts::billing::v1::PaymentFailed>().await;
    assert_eq!(failed.len(), 1);
    assert_eq!(world.count("payment_attempts").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_tells_a_client_how_to_pay() {
    let world = World::start().await;
    let config = world.service.get("/api/payments/config").send().await.expect(200);
    assert_eq!(
        config,
        json!({"mode": "sandbox", "providers": ["stripe"], "publishable_key": "pk_test_fake", "methods": ["card"]})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_refuses_bad_input() {
    let world = World::start().await;
    let post = || world.as_customer(world.service.post("/api/payments/verify"));
    for body in [json!({}), json!({"payment_id": "bkg_01h455vb4pex5vsknk084sn02q"}), json!({"payment_id": 1, "x": 2})] {
        post().json(body).send().await.expect_problem(422, "validation_failed");
    }
    let unknown = json!({"payment_id": PaymentId::new()});
    post().json(unknown).send().await.expect_problem(404, "not_found");
}
