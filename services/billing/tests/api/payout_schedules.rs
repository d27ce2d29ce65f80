//! Payouts without being asked: once per period, where enough has come together.

use kernel::CompanyId;
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, eventually};

use crate::support::World;

const PATH: &str = "/api/payments/payout-schedule";
const DAY: i64 = 86_400;

async fn choose(world: &World, caller: &CallerToken, chosen: Value) -> TestResponse {
    let mut body = json!({"company_id": world.company});
    for (name, value) in chosen.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.service.request(Method::PUT, PATH).bearer(&world.service.token(caller)).json(body).send().await
}

async fn paid(frequency: &str, minimum: i64) -> World {
    let world = World::start().await;
    world.ledger_has(8_000);
    world.account_in_use().await;
    let chosen = json!({"frequency": frequency, "minimum": minimum});
    let shown = choose(&world, &world.manager, chosen).await.expect(200);
    assert_eq!((&shown["frequency"], &shown["minimum"]), (&json!(frequency), &json!(minimum)));
    world
}

async fn made(world: &World, count: usize) -> Vec<Value> {
    eventually(&format!("{count} payouts were made"), async || {
        world.service.run_jobs().await;
        let payouts = world.payouts().await;
        (payouts.len() == count).then_some(payouts)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_paid_every_day_once_whoever_runs_the_job() {
    let world = paid("daily", 0).await;
    let other = world.second_process().await;
    assert!(world.payouts().await.is_empty());
    world.service.advance_secs(DAY).await;
    let first = made(&world, 1).await;
    assert_eq!((&first[0]["cause"], &first[0]["amount"]["amount"]), (&json!("schedule"), &json!(8_000)));
    for _ in 0..3 {
        // As if the job had died before it could write down that it had run.
        world.execute("UPDATE payout_schedules SET next_at = next_at - interval '1 day', retry_at = NULL").await;
        tokio::join!(world.service.run_jobs(), other.run_jobs());
    }
    made(&world, 1).await;
    world.service.advance_secs(DAY).await;
    made(&world, 2).await;
    world.payout_becomes(&first[0], "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_waits_for_the_next_time() {
    let world = paid("daily", 8_001).await;
    world.service.advance_secs(DAY).await;
    world.service.run_jobs().await;
    let passed = "payout_schedules WHERE next_at > (SELECT max(updated_at) + interval '1 day' FROM payout_schedules)";
    eventually("the day has passed", async || {
        world.service.run_jobs().await;
        (world.count(passed).await == 1).then_some(())
    })
    .await;
    assert!(world.payouts().await.is_empty());
    world.ledger_has(8_001);
    world.service.advance_secs(DAY).await;
    assert_eq!(made(&world, 1).await[0]["amount"]["amount"], 8_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_out_of_reach_delays_a_planned_payout() {
    let world = paid("weekly", 0).await;
    world.ledger_is_down_for(&format!("GET /internal/companies/{}/payables", world.company));
    world.service.advance_secs(7 * DAY).await;
    eventually("it was tried in vain", async || {
        (world.count("payout_schedules WHERE retries > 0").await == 1).then_some(())
    })
    .await;
    assert!(world.payouts().await.is_empty());
    world.ledger_has(8_000);
    world.execute("UPDATE payout_schedules SET retry_at = now()").await;
    made(&world, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_paid_while_the_account_cannot_receive_or_the_choice_is_manual() {
    let world = World::start().await;
    world.ledger_has(8_000);
    choose(&world, &world.manager, json!({"frequency": "daily"})).await.expect(200);
    world.service.advance_secs(3 * DAY).await;
    world.service.run_jobs().await;
    world.account_in_use().await;
    let manual = choose(&world, &world.manager, json!({"frequency": "manual"})).await.expect(200);
    assert_eq!(manual["next_at"], Value::Null);
    world.service.advance_secs(40 * DAY).await;
    world.service.run_jobs().await;
    assert!(world.payouts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_choose_staff_look_on_and_bad_choices_are_refused() {
    let world = World::start().await;
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    let stranger = CallerToken::default().owner_of(CompanyId::new());
    let path = format!("{PATH}?company_id={}", world.company);
    let show = |caller: &CallerToken| world.service.get(&path).bearer(&world.service.token(caller)).send();
    assert_eq!(show(&staff).await.expect(200)["frequency"], "manual");
    show(&stranger).await.expect_problem(404, "not_found");
    choose(&world, &staff, json!({"frequency": "daily"})).await.expect_problem(403, "insufficient_role");
    choose(&world, &stranger, json!({"frequency": "daily"})).await.expect_problem(404, "not_found");
    for bad in [
        json!({}),
        json!({"frequency": "hourly"}),
        json!({"frequency": "Daily"}),
        json!({"frequency": "daily", "minimum": -1}),
        json!({"frequency": "daily", "minimum": 1.5}),
        json!({"frequency": "daily", "day": 3}),
    ] {
        assert_eq!(choose(&world, &world.manager, bad.clone()).await.status.as_u16(), 422, "{bad}");
    }
    choose(&world, &world.manager, json!({"frequency": "monthly", "minimum": 500})).await.expect(200);
    let shown = show(&staff).await.expect(200);
    assert!(shown["next_at"].as_str().unwrap().contains("-01T06:00:00"), "{shown}");
}
