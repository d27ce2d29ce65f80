//! Whom the customers of a company pay.

use kernel::CompanyId;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse};

use crate::support::World;

const PATH: &str = "/api/payments/settings";

async fn choose(world: &World, caller: &CallerToken, provider: Value) -> TestResponse {
    let request = world.service.request(Method::PUT, PATH).bearer(&world.service.token(caller));
    request.json(json!({"company_id": world.company, "provider": provider})).send().await
}

async fn shown(world: &World) -> Value {
    let path = format!("{PATH}?company_id={}", world.company);
    world.as_manager(world.service.get(&path)).send().await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_chooses_and_takes_the_choice_back() {
    let world = World::start().await;
    let nothing = json!({
        "company_id": world.company, "provider": null, "default_provider": "stripe", "enabled_providers": ["stripe"],
        "settlement": "platform",
        "commission": {"rate": "10", "because": "default", "until": null},
    });
    assert_eq!(shown(&world).await, nothing);
    for _ in 0..2 {
        assert_eq!(choose(&world, &world.manager, json!("stripe")).await.expect(200)["provider"], "stripe");
    }
    assert_eq!(shown(&world).await["provider"], "stripe");
    assert_eq!(choose(&world, &world.manager, Value::Null).await.expect(200), nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_is_switched_off_counts_no_more() {
    let world = World::start().await;
    let row = format!(
        "INSERT INTO company_payment_settings VALUES ('{}', 'paypal', '{}', '2027-01-01')",
        world.company.uuid(),
        world.company.uuid()
    );
    world.execute(&row).await;
    let booking = world.hold().await;
    assert_eq!(world.open_session(&booking.booking_id).await.expect(201)["provider"], "stripe");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_managers_choose_and_only_what_is_enabled() {
    let world = World::start().await;
    let staff = CallerToken::default().member_of(world.company, service_kit::identity::CompanyRole::Staff);
    let stranger = CallerToken::default().owner_of(CompanyId::new());
    choose(&world, &staff, json!("stripe")).await.expect_problem(403, "insufficient_role");
    choose(&world, &stranger, json!("stripe")).await.expect_problem(404, "not_found");
    choose(&world, &world.manager, json!("square")).await.expect_problem(422, "provider_not_enabled");
    for wrong in [json!("visa"), json!("Stripe")] {
        assert_eq!(choose(&world, &world.manager, wrong).await.status.as_u16(), 422);
    }
    assert_eq!(shown(&world).await["provider"], Value::Null);
}
