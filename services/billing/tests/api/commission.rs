//! The platform's commission: what was set for a company and its plan, which of it counts, and that each payment keeps its own.

use contracts::billing::v1::{FinancialActionTaken, PaymentSucceeded};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::CompanyId;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::support::{World, succeeded};

const HOUR: i64 = 3_600;

/// The rate of a payment that is made now, as the others are told of it, in parts per million.
async fn charged(world: &World) -> Option<i64> {
    world.pay(&world.hold().await.booking_id).await;
    world.service.events::<PaymentSucceeded>().await.pop().unwrap().commission_ppm
}

/// The rate that the company sees, and why it counts.
async fn shown(world: &World) -> (Value, Value) {
    let path = format!("/api/payments/settings?company_id={}", world.company);
    let settings = world.as_manager(world.service.get(&path)).send().await.expect(200);
    (settings["commission"]["rate"].clone(), settings["commission"]["because"].clone())
}

fn in_hours(world: &World, hours: i64) -> Value {
    json!(world.service.now() + SignedDuration::from_secs(hours * HOUR))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_overrules_the_company_its_plan_and_the_default_while_it_lasts() {
    let world = World::start().await;
    let is = async |rate: &str, because: &str, ppm: i64| {
        assert_eq!(shown(&world).await, (json!(rate), json!(because)));
        assert_eq!(charged(&world).await, Some(ppm), "{because}");
    };
    is("10", "default", 100_000).await;
    world.set_plan("gold", json!("8")).await.expect(200);
    is("10", "default", 100_000).await;
    assert_eq!(world.put_on_plan(json!("gold")).await.expect(200)["plan"], "gold");
    is("8", "plan", 80_000).await;
    world.set_commission(json!({"kind": "company", "rate": "5"})).await.expect(200);
    is("5", "company", 50_000).await;
    let ends_at = in_hours(&world, 1);
    let set = world.set_commission(json!({"kind": "promotion", "rate": "0", "ends_at": ends_at})).await.expect(200);
    assert_eq!((&set["in_force"]["rate"], &set["in_force"]["because"]), (&json!("0"), &json!("promotion")));
    assert!(set["in_force"]["until"].is_string());
    is("0", "promotion", 0).await;
    world.service.advance_secs(HOUR).await;
    is("5", "company", 50_000).await;
    world.set_commission(json!({"kind": "company", "rate": null})).await.expect(200);
    is("8", "plan", 80_000).await;
    // Everybody who is on the plan has its new rate, when that begins.
    let announced = json!({"rate": "7.25", "starts_at": in_hours(&world, 2), "reason": "From then on"});
    world.as_admin(Method::PUT, "/api/admin/commission-plans/gold").json(announced).send().await.expect(200);
    is("8", "plan", 80_000).await;
    world.service.advance_secs(2 * HOUR).await;
    is("7.25", "plan", 72_500).await;
    world.put_on_plan(Value::Null).await.expect(200);
    is("10", "default", 100_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_keeps_the_rate_of_the_moment_in_which_it_was_opened() {
    let world = World::start().await;
    let payment = world.open_session(&world.hold().await.booking_id).await.expect(201);
    world.set_commission(json!({"kind": "company", "rate": "5"})).await.expect(200);
    world.webhook(succeeded(&payment)).await;
    assert_eq!(world.service.events::<PaymentSucceeded>().await[0].commission_ppm, Some(100_000));
    let path = format!("/api/admin/payments/{}", payment["id"].as_str().unwrap());
    let detail = world.as_admin(Method::GET, &path).send().await.expect(200);
    assert_eq!(detail["payment"]["commission_rate"], "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_again_is_set_once_even_by_many_at_once() {
    let world = World::start().await;
    let five = || world.set_commission(json!({"kind": "company", "rate": "5"}));
    for answer in join_all((0..20).map(|_| five())).await {
        answer.expect(200);
    }
    // The same number, written otherwise.
    world.set_commission(json!({"kind": "company", "rate": "5.0000"})).await.expect(200);
    let ends_at = in_hours(&world, 5);
    for _ in 0..2 {
        world.set_commission(json!({"kind": "promotion", "rate": "0", "ends_at": ends_at})).await.expect(200);
        world.set_plan("gold", json!("8")).await.expect(200);
        world.put_on_plan(json!("gold")).await.expect(200);
    }
    assert_eq!(world.count("commission_terms").await, 4);
    assert_eq!(world.service.events::<FinancialActionTaken>().await.len(), 4);
    // Back to what was before is news.
    world.set_commission(json!({"kind": "company", "rate": "6"})).await.expect(200);
    five().await.expect(200);
    assert_eq!(world.count("commission_terms").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_its_place_and_sets_nothing() {
    let world = World::start().await;
    let (past, soon, later) = (in_hours(&world, -1), in_hours(&world, 1), in_hours(&world, 2));
    for (body, pointer) in [
        (json!({"kind": "company", "rate": "50.0001"}), "/rate"),
        (json!({"kind": "company", "rate": "100"}), "/rate"),
        (json!({"kind": "company", "rate": "101"}), "/rate"),
        (json!({"kind": "company", "rate": "-1"}), "/rate"),
        (json!({"kind": "company", "rate": "5.00001"}), "/rate"),
        (json!({"kind": "company", "rate": 5}), "/rate"),
        (json!({"kind": "company"}), ""),
        (json!({"kind": "plan", "rate": "5"}), "/kind"),
        (json!({"kind": "company", "rate": "5", "ends_at": soon}), "/ends_at"),
        (json!({"kind": "company", "rate": "5", "starts_at": past}), "/starts_at"),
        (json!({"kind": "promotion", "rate": "0"}), "/ends_at"),
        (json!({"kind": "promotion", "rate": null, "ends_at": soon}), "/ends_at"),
        (json!({"kind": "promotion", "rate": "0", "ends_at": past}), "/ends_at"),
        (json!({"kind": "promotion", "rate": "0", "ends_at": soon, "starts_at": later}), "/ends_at"),
        (json!({"kind": "promotion", "rate": "0", "ends_at": "tomorrow"}), "/ends_at"),
    ] {
        let problem = world.set_commission(body.clone()).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    for reason in [json!(" "), json!("x".repeat(501)), json!("a\u{7}b"), Value::Null] {
        let body = json!({"kind": "company", "rate": "5", "reason": reason});
        let refused = world.as_admin(Method::PUT, &world.commission_path()).json(body).send().await;
        refused.expect_problem(422, "validation_failed");
    }
    world.put_on_plan(json!("gold")).await.expect_problem(422, "unknown_plan");
    world.put_on_plan(json!("Gold")).await.expect_problem(422, "validation_failed");
    world.set_plan("gold", json!("51")).await.expect_problem(422, "validation_failed");
    for name in ["Gold", "-gold", "g%20ld"] {
        world.set_plan(name, json!("8")).await.expect_problem(404, "not_found");
    }
    // Nothing was ever set that could be taken back.
    world.set_commission(json!({"kind": "company", "rate": null})).await.expect(200);
    world.put_on_plan(Value::Null).await.expect(200);
    world.set_plan("gold", Value::Null).await.expect_problem(404, "not_found");
    assert_eq!(world.count("commission_terms").await, 0);
    assert_eq!(world.service.events::<FinancialActionTaken>().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_set_is_listed_with_who_and_why_and_never_changed() {
    let world = World::start().await;
    world.set_plan("gold", json!("8")).await.expect(200);
    world.put_on_plan(json!("gold")).await.expect(200);
    for rate in ["5", "6", "7"] {
        world.set_commission(json!({"kind": "company", "rate": rate})).await.expect(200);
    }
    let path = world.commission_path();
    let first = world.as_admin(Method::GET, &format!("{path}?limit=3")).send().await.expect(200);
    let rest = format!("{path}?limit=3&cursor={}", first["history"]["next_cursor"].as_str().unwrap());
    let rest = world.as_admin(Method::GET, &rest).send().await.expect(200);
    let entries = |page: &Value| -> Vec<(Value, Value)> {
        let data = page["history"]["data"].as_array().unwrap();
        data.iter().map(|term| (term["kind"].clone(), term["rate"].clone())).collect()
    };
    let company = |rate: &str| (json!("company"), json!(rate));
    assert_eq!(entries(&first), [company("7"), company("6"), company("5")]);
    assert_eq!(entries(&rest), [(json!("membership"), Value::Null)]);
    assert_eq!(rest["history"]["next_cursor"], Value::Null);
    let newest = &first["history"]["data"][0];
    assert_eq!((&newest["reason"], &newest["company_id"]), (&json!("Agreed"), &json!(world.company)));
    assert!(newest["set_by"].as_str().unwrap().starts_with("usr_"));
    let plan = world.as_admin(Method::GET, "/api/admin/commission-plans/gold").send().await.expect(200);
    assert_eq!((&plan["rate"], &plan["history"]["data"][0]["plan"]), (&json!("8"), &json!("gold")));
    world.as_admin(Method::GET, &format!("{path}?limit=0")).send().await.expect_problem(422, "invalid_limit");
    world.as_admin(Method::GET, &format!("{path}?cursor=x")).send().await.expect_problem(422, "invalid_cursor");

    let mut conn = world.service.db.conn().await.unwrap();
    for statement in ["UPDATE commission_terms SET ppm = 0", "DELETE FROM commission_terms"] {
        let refused = diesel::sql_query(statement).execute(&mut *conn).await.unwrap_err();
        assert!(refused.to_string().contains("never changed"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_is_told_for_the_trail() {
    let world = World::start().await;
    let ends_at = in_hours(&world, 1);
    let path = world.commission_path();
    let body = json!({"kind": "promotion", "rate": "2.5", "ends_at": ends_at, "reason": " Their first months "});
    let request = world.as_admin(Method::PUT, &path).header("x-forwarded-for", "192.0.2.7");
    request.json(body).send().await.expect(200);
    world.set_plan("gold", json!("8")).await.expect(200);
    world.put_on_plan(json!("gold")).await.expect(200);
    let told = world.service.events::<FinancialActionTaken>().await;
    let actions: Vec<(&str, &str)> = told.iter().map(|told| (told.action.as_str(), told.subject.as_str())).collect();
    let company = world.company.to_string();
    let company = company.as_str();
    let wanted =
        [("commission_promotion_set", company), ("plan_commission_set", "gold"), ("company_plan_set", company)];
    assert_eq!(actions, wanted);
    assert_eq!((told[0].reason.as_str(), told[0].address.as_str()), ("Their first months", "192.0.2.7"));
    let terms: Vec<_> = told.iter().map(|told| told.commission.as_ref().unwrap()).collect();
    let ends: jiff::Timestamp = ends_at.as_str().unwrap().parse().unwrap();
    assert_eq!((terms[0].ppm, terms[0].ends_at_micros), (Some(25_000), Some(ends.as_microsecond())));
    assert_eq!((terms[1].ppm, terms[1].ends_at_micros), (Some(80_000), None));
    assert_eq!((terms[2].ppm, terms[2].plan.as_str()), (None, "gold"));
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_set_it_for_companies_that_there_are_and_booking_asks() {
    let world = World::start().await;
    let path = world.commission_path();
    for caller in [&world.manager, &world.customer] {
        let request = world.service.request(Method::PUT, &path).bearer(&world.service.token(caller));
        let body = json!({"kind": "company", "rate": "0", "reason": "Mine"});
        request.json(body).send().await.expect_problem(403, "admin_required");
    }
    let unknown = format!("/api/admin/companies/{}/commission", CompanyId::new());
    world.as_admin(Method::GET, &unknown).send().await.expect_problem(404, "not_found");
    let body = json!({"kind": "company", "rate": "0", "reason": "Nobody's"});
    world.as_admin(Method::PUT, &unknown).json(body).send().await.expect_problem(404, "not_found");
    assert_eq!(world.count("commission_terms").await, 0);

    world.set_commission(json!({"kind": "company", "rate": "12.3456"})).await.expect(200);
    let ask = async |service: &str, company: CompanyId| {
        let token = world.service.keys.service_token(service, "billing");
        world.service.get(&format!("/internal/companies/{company}/commission")).bearer(&token).send().await
    };
    assert_eq!(ask("booking", world.company).await.expect(200), json!({"ppm": 123_456}));
    assert_eq!(ask("booking", CompanyId::new()).await.expect(200), json!({"ppm": 100_000}));
    ask("ledger", world.company).await.expect_problem(403, "service_not_allowed");
    let admin = CallerToken::default().admin();
    let request = world.service.get(&format!("/internal/companies/{}/commission", world.company));
    request.bearer(&world.service.token(&admin)).send().await.expect(401);
}
