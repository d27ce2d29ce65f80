//! Payouts: money of companies on its way to their banks, whatever goes wrong on the way.

use contracts::billing::v1::{PayoutFailed, PayoutPaid, PayoutRequested};
use futures_util::future::join_all;
use kernel::CompanyId;
use providers::{Failure, PayoutProgress, ProviderError};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse};

use crate::support::{CAPTURE, HOLD, RETURN, VOID, World, euros};

async fn world_with(cents: i64) -> World {
    let world = World::start().await;
    world.ledger_has(cents);
    world.account_in_use().await;
    world
}

fn refused(code: &str) -> ProviderError {
    ProviderError::InvalidRequest(Failure { code: code.to_owned(), message: "No.".to_owned() })
}

/// A payout that is at the bank and booked.
async fn at_the_bank(world: &World) -> Value {
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    world.payout_becomes(&payout, "sent").await
}

/// Of held, captured, voided and returned.
fn ledger_calls(world: &World) -> [u32; 4] {
    [HOLD, CAPTURE, VOID, RETURN].map(|route| world.service.peers.calls(route))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_held_sent_booked_and_told_until_the_bank_has_it() {
    let world = world_with(9_000).await;
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    assert_eq!((&payout["amount"]["amount"], &payout["cause"]), (&json!(5_000), &json!("requested")));
    let sent = world.payout_becomes(&payout, "sent").await;
    assert!(sent["arrives_at"].is_string() && sent["provider_payout_id"].is_string(), "{sent}");
    assert_eq!((world.payer().transferred(), world.payer().sent()), (vec![5_000], vec![5_000]));
    for _ in 0..3 {
        world.webhook(world.payer().settle(&payout, PayoutProgress::Paid, 1)).await;
    }
    assert!(world.payout_becomes(&payout, "paid").await["paid_at"].is_string());
    assert_eq!(ledger_calls(&world), [1, 1, 0, 0]);
    let told = world.service.events::<PayoutRequested>().await;
    assert_eq!((told.len(), told[0].amount, told[0].cause.as_str()), (1, 5_000, "requested"));
    assert_eq!(told[0].requested_by, world.manager.user_id().to_string());
    let told = world.service.events::<PayoutPaid>().await;
    assert_eq!(
        (told.len(), told[0].currency.as_str(), told[0].company_id.clone()),
        (1, "EUR", world.company.to_string())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_paid_out_where_no_amount_is_named() {
    let world = world_with(7_305).await;
    let payout = world.pay_out(json!({})).await.expect(201);
    assert_eq!(payout["amount"], json!({"amount": 7_305, "currency": "EUR"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_cannot_be_fulfilled_is_refused_and_says_why() {
    let world = World::start().await;
    world.ledger_has(10_000);
    world.pay_out(euros(5_000)).await.expect_problem(409, "payouts_not_enabled");
    world.make_account().await.expect(200);
    world.pay_out(euros(5_000)).await.expect_problem(409, "payouts_not_enabled");
    world.account_in_use().await;
    world.pay_out(euros(99)).await.expect_problem(422, "amount_too_small");
    world.pay_out(euros(10_001)).await.expect_problem(409, "insufficient_balance");
    let dollars = json!({"amount": {"amount": 5_000, "currency": "USD"}});
    world.pay_out(dollars).await.expect_problem(422, "currency_not_supported");
    world.ledger_has(0);
    world.pay_out(json!({})).await.expect_problem(409, "insufficient_balance");
    world.ledger_is_down_for(&format!("GET /internal/companies/{}/payables", world.company));
    world.pay_out_with("again", euros(5_000)).await.expect_problem(503, "unavailable");
    assert_eq!(world.count("payouts").await, 0);
    world.ledger_has(10_000);
    world.pay_out_with("again", euros(5_000)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_does_not_have_after_all_is_refused_at_once_and_sent_to_nobody() {
    let world = world_with(9_000).await;
    world.service.peers.answer(HOLD, 409, json!({"code": "insufficient_balance"}));
    world.pay_out_with("key", euros(5_000)).await.expect_problem(409, "insufficient_balance");
    assert_eq!(world.payouts().await[0]["status"], "failed");
    assert_eq!((world.payer().transfers_made(), world.service.events::<PayoutRequested>().await.len()), (0, 0));
    // The key may be used again, and makes another one.
    world.ledger_is_up_for(HOLD);
    let payout = world.pay_out_with("key", euros(5_000)).await.expect(201);
    world.payout_becomes(&payout, "sent").await;
    assert_eq!(world.payouts().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_many_times_at_once_pays_out_once() {
    let world = world_with(9_000).await;
    let answers = join_all((0..20).map(|_| world.pay_out_with("one", euros(1_000)))).await;
    let (done, busy): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status.as_u16() == 201);
    assert!(!done.is_empty());
    busy.into_iter().for_each(|answer| drop(answer.expect_problem(409, "idempotency_in_progress")));
    let payout = world.pay_out_with("one", euros(1_000)).await.expect(201);
    assert!(done.iter().all(|answer| answer.json()["id"] == payout["id"]));
    world.payout_becomes(&payout, "sent").await;
    assert_eq!((world.payouts().await.len(), world.payer().transferred()), (1, vec![1_000]));
    world.pay_out_with("one", euros(1_001)).await.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_after_the_work_moves_no_money_twice() {
    for (call, forgets_keys) in [("transfer", false), ("transfer", true), ("pay_out", false), ("pay_out", true)] {
        let world = world_with(9_000).await;
        world.payer().lose_answer_of(call);
        if forgets_keys {
            world.payer().forget_keys();
        }
        let payout = world.pay_out(euros(5_000)).await.expect(201);
        world.payout_becomes(&payout, "sent").await;
        assert_eq!(world.payer().calls(call), 2, "{call}");
        assert_eq!((world.payer().transferred(), world.payer().sent()), (vec![5_000], vec![5_000]), "{call}");
        assert_eq!(ledger_calls(&world), [1, 1, 0, 0], "{call}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_out_of_reach_delays_and_changes_nothing() {
    let world = world_with(9_000).await;
    world.ledger_is_down_for(HOLD);
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    assert_eq!((&payout["status"], world.payer().transfers_made()), (&json!("requested"), 0));
    world.ledger_is_up_for(HOLD);
    world.ledger_is_down_for(CAPTURE);
    world.payout_becomes_at_least(&payout, "sent").await;
    world.ledger_is_up_for(CAPTURE);
    world.payout_becomes(&payout, "sent").await;
    assert_eq!(world.payer().transferred(), [5_000]);
    assert_eq!(world.service.events::<PayoutRequested>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_will_not_move_is_let_go_and_told() {
    let world = world_with(9_000).await;
    world.payer().refuse("transfer", refused("insufficient_capabilities_for_transfer"));
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    let failed = world.payout_becomes(&payout, "failed").await;
    assert_eq!(failed["failure_code"], "insufficient_capabilities_for_transfer");
    assert_eq!(ledger_calls(&world), [1, 0, 1, 0]);
    assert_eq!(world.payer().transfers_made(), 0);
    let told = world.service.events::<PayoutFailed>().await;
    assert_eq!((told.len(), told[0].amount, told[0].failure_message.as_str()), (1, 5_000, "No."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_go_to_the_bank_is_taken_back_before_the_hold_is_let_go() {
    for (lost, unheard) in [(None, None), (Some("reverse_transfer"), None), (None, Some(VOID))] {
        let world = world_with(9_000).await;
        world.payer().refuse("pay_out", refused("payouts_not_allowed"));
        lost.into_iter().for_each(|call| world.payer().lose_answer_of(call));
        unheard.into_iter().for_each(|route| world.ledger_is_down_for(route));
        let payout = world.pay_out(euros(5_000)).await.expect(201);
        world.payout_becomes_at_least(&payout, "failing").await;
        unheard.into_iter().for_each(|route| world.ledger_is_up_for(route));
        world.payout_becomes(&payout, "failed").await;
        assert_eq!((world.payer().transfers_made(), world.payer().transferred()), (1, vec![]));
        let [held, captured, voided, returned] = ledger_calls(&world);
        assert_eq!((held, captured, voided >= 1, returned), (1, 0, true, 0));
        assert_eq!(world.service.events::<PayoutFailed>().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_refuses_or_sends_back_is_in_the_books_again_once() {
    for (was_paid, lost, unheard) in
        [(false, None, None), (true, None, None), (true, Some("reverse_transfer"), None), (false, None, Some(RETURN))]
    {
        let world = world_with(9_000).await;
        let payout = at_the_bank(&world).await;
        if was_paid {
            world.webhook(world.payer().settle(&payout, PayoutProgress::Paid, 1)).await;
        }
        lost.into_iter().for_each(|call| world.payer().lose_answer_of(call));
        unheard.into_iter().for_each(|route| world.ledger_is_down_for(route));
        for _ in 0..3 {
            world.webhook(world.payer().settle(&payout, PayoutProgress::Failed, 9)).await;
        }
        world.payout_becomes_at_least(&payout, "failing").await;
        unheard.into_iter().for_each(|route| world.ledger_is_up_for(route));
        let returned = world.payout_becomes(&payout, "returned").await;
        assert_eq!(returned["failure_code"], "account_closed");
        assert_eq!(world.payer().transferred(), Vec::<i64>::new());
        let [held, captured, voided, given_back] = ledger_calls(&world);
        assert_eq!((held, captured, voided, given_back >= 1), (1, 1, 0, true));
        // Late news of success changes nothing any more.
        world.webhook(world.payer().settle(&payout, PayoutProgress::Paid, 2)).await;
        assert_eq!(world.payout(&payout).await["status"], "returned");
        assert_eq!(world.service.events::<PayoutFailed>().await.len(), 1);
        assert_eq!(world.service.events::<PayoutPaid>().await.len(), usize::from(was_paid));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_was_captured_without_our_hearing_of_it_is_given_back_and_not_voided() {
    let world = world_with(9_000).await;
    world.ledger_is_down_for(CAPTURE);
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    world.payout_becomes_at_least(&payout, "sent").await;
    // The ledger had done it before its answer was lost.
    world.service.peers.answer(VOID, 409, json!({"code": "hold_closed"}));
    world.webhook(world.payer().settle(&payout, PayoutProgress::Failed, 1)).await;
    world.payout_becomes(&payout, "returned").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_told_of_is_asked_for_by_the_clock() {
    let world = world_with(9_000).await;
    let payout = at_the_bank(&world).await;
    world.payer().settle_silently(PayoutProgress::Paid);
    world.service.advance_secs(1_800).await;
    world.payout_becomes(&payout, "paid").await;
    world.payer().settle_silently(PayoutProgress::Failed);
    world.service.advance_secs(8 * 86_400).await;
    world.payout_becomes(&payout, "returned").await;
    let quiet = at_the_bank(&world).await;
    world.payer().settle_silently(PayoutProgress::Paid);
    world.service.advance_secs(1_800).await;
    world.payout_becomes(&quiet, "paid").await;
    world.service.advance_secs(8 * 86_400).await;
    world.payout_becomes(&quiet, "paid").await;
    testkit::eventually("nothing is asked about for ever", async || {
        world.service.run_jobs().await;
        (world.count("payouts WHERE check_at IS NOT NULL").await == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_is_too_small_at_the_provider_waits_and_is_tried_under_another_key() {
    let world = world_with(9_000).await;
    world.payer().refuse("transfer", refused("balance_insufficient"));
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    let waiting = "payouts WHERE status = 'held' AND refusals = 1 AND retry_at > now() + interval '50 minutes'";
    testkit::eventually("it waits", async || (world.count(waiting).await == 1).then_some(())).await;
    world.payout_becomes(&payout, "sent").await;
    assert_eq!((ledger_calls(&world), world.payer().transferred()), ([1, 1, 0, 0], vec![5_000]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_take_the_same_steps_move_money_once() {
    let world = world_with(9_000).await;
    let other = world.second_process().await;
    let payouts = join_all((0..4).map(|_| world.pay_out(euros(1_000)))).await;
    // Every lease runs out at once, again and again.
    for _ in 0..6 {
        world.execute("UPDATE payouts SET retry_at = NULL").await;
        tokio::join!(world.service.run_jobs(), other.run_jobs());
    }
    for payout in payouts {
        world.payout_becomes(&payout.expect(201), "sent").await;
    }
    assert_eq!((world.payer().transferred(), world.payer().sent()), (vec![1_000; 4], vec![1_000; 4]));
    assert_eq!(world.service.events::<PayoutRequested>().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_payout_that_is_not_ours_or_not_that_far_is_kept_for_another_try() {
    let world = world_with(9_000).await;
    let payout = at_the_bank(&world).await;
    let mut event = world.payer().settle(&payout, PayoutProgress::Failed, 1);
    if let providers::ProviderEvent::PayoutUpdated(told) = &mut event {
        told.provider_account_id = Some("acct_of_somebody_else".to_owned());
    }
    let envelope = world.webhook_envelope(event);
    let refused =
        testkit::eventually("it is refused", async || (world.count("delivery_attempts").await > 0).then_some(()));
    tokio::select! {
        () = world.service.deliver_envelope(&envelope) => panic!("it was handled"),
        () = refused => {}
    }
    assert_eq!(world.payout(&payout).await["status"], "sent");
}

async fn asked(world: &World, caller: &CallerToken) -> TestResponse {
    let request = world.service.post("/api/payouts").bearer(&world.service.token(caller));
    let body = json!({"company_id": world.company, "amount": {"amount": 100, "currency": "EUR"}});
    request.idempotency_key(&kernel::new_uuid().to_string()).json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_pay_out_staff_look_on_and_strangers_know_nothing() {
    let world = world_with(9_000).await;
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    let stranger = CallerToken::default().owner_of(CompanyId::new());
    let admin = CallerToken::default().admin();
    asked(&world, &staff).await.expect_problem(403, "insufficient_role");
    for nobody in [&stranger, &world.customer, &admin] {
        asked(&world, nobody).await.expect_problem(404, "not_found");
    }
    let payout = asked(&world, &world.owner()).await.expect(201);
    let get = |caller: &CallerToken, path: &str| world.service.get(path).bearer(&world.service.token(caller)).send();
    let one = format!("/api/payouts/{}", payout["id"].as_str().unwrap());
    let list = format!("/api/payouts?company_id={}&limit=1", world.company);
    for caller in [&staff, &world.manager, &admin] {
        assert_eq!(get(caller, &one).await.expect(200)["id"], payout["id"]);
        assert_eq!(get(caller, &list).await.expect(200)["data"][0]["id"], payout["id"]);
    }
    for caller in [&stranger, &world.customer] {
        get(caller, &one).await.expect_problem(404, "not_found");
        get(caller, &list).await.expect_problem(404, "not_found");
    }
    assert_eq!(get(&admin, "/api/payouts").await.expect(200)["data"].as_array().unwrap().len(), 1);
    get(&world.manager, "/api/payouts").await.expect_problem(403, "admin_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_pays_nothing_out() {
    let world = world_with(9_000).await;
    let post = || world.as_manager(world.service.post("/api/payouts"));
    let company = json!(world.company);
    post().json(json!({"company_id": company})).send().await.expect_problem(400, "idempotency_key_required");
    for body in [
        json!({}),
        json!({"company_id": "usr_01h455vb4pex5vsknk084sn02q"}),
        json!({"company_id": company, "amount": 100}),
        json!({"company_id": company, "amount": {"amount": 1.5, "currency": "EUR"}}),
        json!({"company_id": company, "amount": {"amount": 100, "currency": "XXX"}}),
        json!({"company_id": company, "amount": {"amount": 0, "currency": "EUR"}}),
        json!({"company_id": company, "amount": {"amount": -100, "currency": "EUR"}}),
        json!({"company_id": company, "bank": "DE89"}),
    ] {
        let answer = post().idempotency_key(&kernel::new_uuid().to_string()).json(body.clone()).send().await;
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.text);
    }
    let most = json!({"company_id": company, "amount": {"amount": i64::MAX, "currency": "EUR"}});
    post().idempotency_key("most").json(most).send().await.expect_problem(409, "insufficient_balance");
    assert_eq!(world.count("payouts").await, 0);
}
