//! The addresses at PayPal at which companies are paid: named by owners, confirmed by whoever reads their mail.

use contracts::{auth::v1::UserErased, billing::v1::FinancialActionTaken};
use kernel::CompanyId;
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse};

use crate::support::{ADDRESS, RECEIVER, World};

async fn ask(world: &World, method: Method, caller: &CallerToken) -> TestResponse {
    let path = format!("{RECEIVER}?company_id={}", world.company);
    world.service.request(method, &path).bearer(&world.service.token(caller)).send().await
}

async fn secret_of(world: &World, receiver_id: &str) -> String {
    world.mint(receiver_id).await.expect(200)["secret"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_counts_once_the_link_that_was_mailed_there_is_followed() {
    let world = World::with_paypal().await;
    let owner = world.owner();
    ask(&world, Method::GET, &owner).await.expect_problem(409, "no_payout_receiver");
    let named = world.name_receiver(&owner, " Studio@Example.com ").await.expect(200);
    let expected = json!({"company_id": world.company, "provider": "paypal", "email": "Studio@example.com",
        "currency": "EUR", "confirmed": false, "confirmed_at": null, "named_at": named["named_at"]});
    assert_eq!(named, expected);
    let told = world.receivers_told().await;
    assert_eq!(
        (told.len(), told[0].email.as_str(), told[0].company_name.as_str()),
        (1, "Studio@example.com", "Kellerklang")
    );
    assert_eq!(told[0].named_by, owner.user_id().to_string());

    world.confirm_receiver(&owner, "a guess").await.expect_problem(410, "link_void");
    let first = secret_of(&world, &told[0].receiver_id).await;
    let second = secret_of(&world, &told[0].receiver_id).await;
    world.confirm_receiver(&owner, &first).await.expect_problem(410, "link_void");
    for _ in 0..2 {
        assert_eq!(world.confirm_receiver(&owner, &second).await.expect(200)["confirmed"], true);
    }
    world.mint(&told[0].receiver_id).await.expect_problem(409, "receiver_confirmed");
    assert_eq!(ask(&world, Method::GET, &world.manager).await.expect(200)["confirmed"], true);

    // The same address again stays as it is; another one is a new beginning, and the link of the mail before is void.
    assert_eq!(world.name_receiver(&owner, "Studio@example.com").await.expect(200)["confirmed"], true);
    world.name_receiver(&owner, "other@example.com").await.expect(200);
    let told = world.receivers_told().await;
    let other = secret_of(&world, &told[1].receiver_id).await;
    assert_eq!(world.name_receiver(&owner, "other@example.com").await.expect(200)["confirmed"], false);
    world.confirm_receiver(&owner, &other).await.expect_problem(410, "link_void");
    world.mint(&told[1].receiver_id).await.expect_problem(404, "not_found");
    assert_eq!(world.receivers_told().await.len(), 3);

    ask(&world, Method::DELETE, &owner).await.expect(204);
    ask(&world, Method::DELETE, &owner).await.expect_problem(409, "no_payout_receiver");
    let actions: Vec<String> =
        world.service.events::<FinancialActionTaken>().await.into_iter().map(|taken| taken.action).collect();
    let [named, confirmed, removed] = ["named", "confirmed", "removed"].map(|what| format!("payout_receiver_{what}"));
    assert_eq!(actions, [named.clone(), confirmed, named.clone(), named, removed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lapses_after_a_day() {
    let world = World::with_paypal().await;
    let owner = world.owner();
    world.name_receiver(&owner, ADDRESS).await.expect(200);
    let secret = secret_of(&world, &world.receivers_told().await[0].receiver_id).await;
    world.service.advance_secs(86_401).await;
    world.confirm_receiver(&owner, &secret).await.expect_problem(410, "link_void");
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_decide_in_person_managers_look_on_and_strangers_know_nothing() {
    let world = World::with_paypal().await;
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    let stranger = CallerToken::default().owner_of(CompanyId::new());
    world.receiver_in_use().await;
    for (caller, status, code) in
        [(&world.manager, 403, "insufficient_role"), (&staff, 403, "insufficient_role"), (&stranger, 404, "not_found")]
    {
        world.name_receiver(caller, "thief@example.com").await.expect_problem(status, code);
        world.confirm_receiver(caller, "secret").await.expect_problem(status, code);
        ask(&world, Method::DELETE, caller).await.expect_problem(status, code);
    }
    ask(&world, Method::GET, &staff).await.expect_problem(403, "insufficient_role");
    ask(&world, Method::GET, &stranger).await.expect_problem(404, "not_found");
    let key = world.owner().scopes(&["payments:write"]);
    world.name_receiver(&key, "thief@example.com").await.expect_problem(403, "api_key_not_allowed");
    world.confirm_receiver(&key, "secret").await.expect_problem(403, "api_key_not_allowed");
    ask(&world, Method::DELETE, &key).await.expect_problem(403, "api_key_not_allowed");
    let auth = world.service.keys.service_token("auth", "billing");
    let path = format!("/internal/payout-receivers/{}/mint", world.receivers_told().await[0].receiver_id);
    world.service.post(&path).bearer(&auth).json(json!({})).send().await.expect_problem(403, "service_not_allowed");
    assert_eq!(ask(&world, Method::GET, &world.manager).await.expect(200)["email"], ADDRESS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_paypal_cannot_pay_is_refused_when_it_is_named() {
    let without = World::start().await;
    without.name_receiver(&without.owner(), ADDRESS).await.expect_problem(409, "payouts_not_offered");
    let world = World::with_paypal().await;
    let owner = world.owner();
    let long = format!("{}@{}.com", "x".repeat(60), "y".repeat(63));
    for bad in ["", "studio", "studio@example", "a b@example.com", "stüdio@example.com", &long] {
        world.name_receiver(&owner, bad).await.expect_problem(422, "validation_failed");
    }
    let put = async |body: Value| {
        let request = world.service.request(Method::PUT, RECEIVER).bearer(&world.service.token(&owner));
        request.json(body).send().await
    };
    for bad in [json!({}), json!({"company_id": world.company}), json!({"company_id": world.company, "email": 1})] {
        assert_eq!(put(bad.clone()).await.status.as_u16(), 422, "{bad}");
    }
    let company = json!({"name": "Kellerklang", "country": "KW", "currency": "KWD"});
    world.service.peers.get(&format!("/internal/companies/{}", world.company), company);
    let named = json!({"company_id": world.company, "email": ADDRESS});
    put(named).await.expect_problem(422, "currency_not_supported");
    world.confirm_receiver(&owner, &"x".repeat(65)).await.expect_problem(422, "validation_failed");
    world.confirm_receiver(&owner, "secret").await.expect_problem(409, "no_payout_receiver");
    assert_eq!((world.count("payout_receivers").await, world.receivers_told().await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_address_is_handed_out_and_forgotten_with_them() {
    let world = World::with_paypal().await;
    let owner = world.owner();
    world.name_receiver(&owner, ADDRESS).await.expect(200);
    let path = format!("/internal/users/{}/personal-data", owner.user_id());
    let token = world.service.keys.service_token("auth", "billing");
    let page = world.service.get(&path).bearer(&token).send().await.expect(200);
    let record = &page["data"][0];
    assert_eq!((&record["kind"], &record["email"]), (&json!("payout_receiver"), &json!(ADDRESS)));
    let erased = UserErased { user_id: owner.user_id().to_string() };
    world.service.deliver(owner.user_id().uuid(), 9, &erased).await;
    assert_eq!(world.count("payout_receivers").await, 0);
}
