//! The accounts that companies are paid to: made once, and as the provider last told of them.

use contracts::auth::v1::UserErased;
use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::CompanyId;
use providers::{AccountState, Failure, ProviderError};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, eventually};

use crate::support::{World, account_updated, blank, enabled};

const PATH: &str = "/api/payments/stripe/account";

async fn get(world: &World, caller: &CallerToken, path: &str) -> TestResponse {
    let path = format!("{path}?company_id={}", world.company);
    world.service.get(&path).bearer(&world.service.token(caller)).send().await
}

async fn shown(world: &World) -> Value {
    get(world, &world.manager, PATH).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_gets_one_account_however_many_ask_at_once() {
    let world = World::start().await;
    world.payer().refuse("create_account", ProviderError::Conflict);
    let answers = join_all((0..10).map(|_| world.make_account())).await;
    for answer in answers {
        assert_eq!(answer.expect(200)["provider_account_id"], "acct_1");
    }
    let account = world.make_account().await.expect(200);
    assert_eq!((&account["may_receive"], &account["currency"]), (&json!(false), &json!("EUR")));
    assert_eq!(account["requirements_due"], json!(["external_account"]));
    assert_eq!((world.payer().accounts(), world.count("payout_accounts").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_making_was_cut_off_is_made_without_the_request() {
    let world = World::start().await;
    world.payer().lose_answer_of("create_account");
    world.make_account().await.expect_problem(503, "unavailable");
    assert_eq!(shown(&world).await["provider_account_id"], Value::Null);
    world.service.advance_secs(1_200).await;
    eventually("it is known", async || (shown(&world).await["provider_account_id"] == "acct_1").then_some(())).await;
    assert_eq!(world.payer().accounts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_the_provider_refuses_may_be_asked_for_again() {
    let world = World::start().await;
    let failure = Failure { code: "country_unsupported".to_owned(), message: "No.".to_owned() };
    world.payer().refuse("create_account", ProviderError::InvalidRequest(failure));
    let problem = world.make_account().await;
    assert!(problem.text.contains("country_unsupported"), "{}", problem.text);
    problem.expect_problem(422, "account_refused");
    world.make_account().await.expect(200);
    assert_eq!(world.count("payout_accounts WHERE refusals = 1").await, 1, "under another key");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_counts_by_its_time_and_not_by_its_arrival() {
    let world = World::start().await;
    world.make_account().await.expect(200);
    let (then, company) = (world.service.now(), Some(world.company));
    world.service.advance_secs(60).await;
    // Nobody is there to be asked for a while.
    (0..6).for_each(|_| world.payer().refuse("retrieve_account", ProviderError::RateLimited));
    let restricted = AccountState { payouts_enabled: false, ..enabled("acct_1", company) };
    for (state, second) in [(enabled("acct_1", company), 9), (restricted, 5), (blank("acct_1", company), 1)] {
        world.webhook(account_updated(state, then + SignedDuration::from_secs(second))).await;
    }
    let account = shown(&world).await;
    assert_eq!((&account["may_receive"], &account["details_submitted"]), (&json!(true), &json!(true)));
    // What was late makes us ask, and the provider says how it is: nobody has been through onboarding there.
    eventually("it was asked", async || {
        world.execute("UPDATE payout_accounts SET check_retry_at = now() WHERE check_retry_at > now()").await;
        world.service.run_jobs().await;
        (shown(&world).await["may_receive"] == false).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_is_made_up_for_by_the_clock() {
    let world = World::start().await;
    world.make_account().await.expect(200);
    world.payer().onboard_silently();
    world.service.advance_secs(1_200).await;
    eventually("it may receive", async || (shown(&world).await["may_receive"] == true).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_somebody_else_is_none_of_ours() {
    let world = World::start().await;
    world.make_account().await.expect(200);
    let now = world.service.now() + SignedDuration::from_secs(5);
    let other = enabled("acct_9", Some(world.company));
    let unknown = enabled("acct_1", Some(CompanyId::new()));
    for (count, state) in [other, unknown].into_iter().enumerate() {
        let envelope = world.webhook_envelope(account_updated(state, now));
        let refused =
            eventually("it is refused", async || (world.count("delivery_attempts").await > count as i64).then_some(()));
        tokio::select! {
            () = world.service.deliver_envelope(&envelope) => panic!("it was handled"),
            () = refused => {}
        }
    }
    assert_eq!(shown(&world).await["may_receive"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_decide_where_money_goes_and_managers_look_on() {
    let world = World::start().await;
    let link = "/api/payments/stripe/account-link";
    let balance = "/api/payments/stripe/balance";
    let owner = world.owner();
    for path in [PATH, link, balance] {
        get(&world, &owner, path).await.expect_problem(409, "no_payout_account");
    }
    world.make_account().await.expect(200);
    let url = get(&world, &owner, link).await.expect(200)["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://connect.example/acct_1") && url.contains("/payouts/account"), "{url}");
    let own_page = format!("{link}?company_id={}&return_url=https://app.example/back", world.company);
    let url = world.service.get(&own_page).bearer(&world.service.token(&owner)).send().await.expect(200);
    assert!(url["url"].as_str().unwrap().ends_with("back=https://app.example/back"), "{url}");
    let bad_page = format!("{link}?company_id={}&return_url=javascript:alert(1)", world.company);
    let bad = world.service.get(&bad_page).bearer(&world.service.token(&owner)).send().await;
    bad.expect_problem(422, "invalid_callback_url");
    assert_eq!(get(&world, &owner, balance).await.expect(200)["available"][0]["amount"], 70);

    get(&world, &world.manager, PATH).await.expect(200);
    get(&world, &world.manager, balance).await.expect(200);
    get(&world, &world.manager, link).await.expect_problem(403, "insufficient_role");
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    let stranger = CallerToken::default().owner_of(CompanyId::new());
    for path in [PATH, link, balance] {
        get(&world, &staff, path).await.expect_problem(403, "insufficient_role");
        get(&world, &stranger, path).await.expect_problem(404, "not_found");
    }
    for (caller, status, code) in
        [(&world.manager, 403, "insufficient_role"), (&staff, 403, "insufficient_role"), (&stranger, 404, "not_found")]
    {
        let request = world.service.post(PATH).bearer(&world.service.token(caller));
        request.json(json!({"company_id": world.company})).send().await.expect_problem(status, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_decides_where_money_goes() {
    let world = World::start().await;
    let key = world.owner().scopes(&["payments:write"]);
    let request = world.service.post(PATH).bearer(&world.service.token(&key));
    request.json(json!({"company_id": world.company})).send().await.expect_problem(403, "api_key_not_allowed");
    get(&world, &key, "/api/payments/stripe/account-link").await.expect_problem(403, "api_key_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_owners_address_is_forgotten_and_the_account_stays() {
    let world = World::start().await;
    let owner = world.owner();
    world.make_account_as(&owner).await.expect(200);
    assert_eq!(world.count("payout_accounts WHERE email IS NOT NULL").await, 1);
    let erased = UserErased { user_id: owner.user_id().to_string() };
    world.service.deliver(owner.user_id().uuid(), 9, &erased).await;
    assert_eq!(world.count("payout_accounts WHERE email IS NULL").await, 1);
    assert_eq!(shown(&world).await["provider_account_id"], "acct_1");
}
