//! Payouts that go straight to a company's account at PayPal.

use contracts::billing::v1::{PayoutFailed, PayoutPaid};
use providers::{Failure, PayoutProgress, ProviderError};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{ADDRESS, CAPTURE, HOLD, RECEIVER, RETURN, VOID, World, euros};

async fn world_with(cents: i64) -> World {
    let world = World::with_paypal().await;
    world.ledger_has(cents);
    world.receiver_in_use().await;
    world
}

/// Of held, captured, voided and returned.
fn ledger_calls(world: &World) -> [u32; 4] {
    [HOLD, CAPTURE, VOID, RETURN].map(|route| world.service.peers.calls(route))
}

fn refused(code: &str) -> ProviderError {
    ProviderError::InvalidRequest(Failure { code: code.to_owned(), message: "No.".to_owned() })
}

async fn booked(world: &World) {
    eventually("it is booked", async || {
        world.service.run_jobs().await;
        (ledger_calls(world) == [1, 1, 0, 0]).then_some(())
    })
    .await;
}

/// A payout that PayPal has accepted.
async fn sent(world: &World) -> Value {
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    assert_eq!(payout["provider"], "paypal");
    world.payout_becomes(&payout, "sent").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_held_sent_once_booked_when_it_has_left_and_told_when_it_is_there() {
    let world = world_with(9_000).await;
    let payout = sent(&world).await;
    assert_eq!((world.paypal().sent(), ledger_calls(&world)), (vec![(ADDRESS.to_owned(), 5_000)], [1, 0, 0, 0]));
    assert_eq!(world.count("payouts WHERE receiver IS NOT NULL").await, 0, "PayPal has the address now");
    // Nobody has claimed it, but it has left.
    world.webhook(world.paypal().settle(&payout, PayoutProgress::Pending)).await;
    booked(&world).await;
    let waiting = world.payout(&payout).await;
    assert_eq!((&waiting["status"], &waiting["failure_code"]), (&json!("sent"), &json!("receiver_unregistered")));
    for _ in 0..2 {
        world.webhook(world.paypal().settle(&payout, PayoutProgress::Paid)).await;
    }
    let paid = world.payout_becomes(&payout, "paid").await;
    assert_eq!((&paid["failure_code"], &paid["arrives_at"]), (&Value::Null, &Value::Null));
    let told = world.service.events::<PayoutPaid>().await;
    assert_eq!((told.len(), told[0].provider.as_str(), told[0].amount), (1, "paypal", 5_000));
    assert_eq!(ledger_calls(&world), [1, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_in_the_books_again_as_far_as_it_had_left_them() {
    let (pending, paid) = (PayoutProgress::Pending, PayoutProgress::Paid);
    for (before, status, calls) in [
        (&[][..], "failed", [1, 0, 1, 0]),
        (&[pending][..], "returned", [1, 1, 0, 1]),
        (&[pending, paid][..], "returned", [1, 1, 0, 1]),
    ] {
        let world = world_with(9_000).await;
        let payout = sent(&world).await;
        for progress in before {
            world.webhook(world.paypal().settle(&payout, *progress)).await;
            booked(&world).await;
        }
        for _ in 0..2 {
            world.webhook(world.paypal().settle(&payout, PayoutProgress::Failed)).await;
        }
        let back = world.payout_becomes(&payout, status).await;
        assert_eq!((&back["failure_code"], ledger_calls(&world)), (&json!("returned"), calls), "{before:?}");
        assert_eq!(world.service.events::<PayoutFailed>().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_sends_nothing_twice() {
    let world = world_with(9_000).await;
    world.paypal().lose_next_answer();
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    assert_eq!(payout["status"], "held");
    world.payout_becomes(&payout, "sent").await;
    assert_eq!((world.paypal().sent().len(), world.paypal().asked_again()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_take_the_same_steps_send_money_once() {
    let world = world_with(9_000).await;
    let other = world.second_process().await;
    let payout = world.pay_out(euros(1_000)).await.expect(201);
    for _ in 0..6 {
        world.execute("UPDATE payouts SET retry_at = NULL").await;
        tokio::join!(world.service.run_jobs(), other.run_jobs());
    }
    world.payout_becomes(&payout, "sent").await;
    assert_eq!(world.paypal().sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_paypal_refuses_is_let_go_and_what_it_cannot_pay_yet_waits() {
    let world = world_with(9_000).await;
    world.paypal().refuse_next(refused("validation_error"));
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    let failed = world.payout_becomes(&payout, "failed").await;
    assert_eq!((&failed["failure_code"], ledger_calls(&world)), (&json!("validation_error"), [1, 0, 1, 0]));
    assert_eq!(world.count("payouts WHERE receiver IS NOT NULL").await, 0);

    world.paypal().refuse_next(refused("insufficient_funds"));
    let payout = world.pay_out(euros(5_000)).await.expect(201);
    let waiting = "payouts WHERE status = 'held' AND refusals = 1 AND retry_at > now() + interval '50 minutes'";
    eventually("it waits", async || (world.count(waiting).await == 1).then_some(())).await;
    world.payout_becomes(&payout, "sent").await;
    assert_eq!(world.paypal().sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_told_of_is_asked_for_by_the_clock() {
    let world = world_with(9_000).await;
    let payout = sent(&world).await;
    world.paypal().settle_silently(PayoutProgress::Pending);
    world.service.advance_secs(29 * 86_400).await;
    booked(&world).await;
    world.paypal().settle_silently(PayoutProgress::Failed);
    world.service.advance_secs(2 * 86_400).await;
    world.payout_becomes(&payout, "returned").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_named_address_is_where_a_company_is_paid_and_until_it_is_confirmed_nowhere() {
    let world = World::with_paypal().await;
    world.ledger_has(9_000);
    world.account_in_use().await;
    let owner = world.owner();
    world.name_receiver(&owner, ADDRESS).await.expect(200);
    world.pay_out(euros(1_000)).await.expect_problem(409, "payouts_not_enabled");
    world.receiver_in_use().await;
    assert_eq!(world.pay_out(euros(1_000)).await.expect(201)["provider"], "paypal");
    let path = format!("{RECEIVER}?company_id={}", world.company);
    let token = world.service.token(&owner);
    world.service.request(Method::DELETE, &path).bearer(&token).send().await.expect(204);
    assert_eq!(world.pay_out(euros(1_000)).await.expect(201)["provider"], "stripe");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_pays_through_paypal_as_well() {
    let world = world_with(8_000).await;
    let daily = json!({"company_id": world.company, "frequency": "daily"});
    let request = world.service.request(Method::PUT, "/api/payments/payout-schedule");
    world.as_manager(request).json(daily).send().await.expect(200);
    world.service.advance_secs(86_400).await;
    eventually("it is sent", async || {
        world.service.run_jobs().await;
        (world.paypal().sent() == [(ADDRESS.to_owned(), 8_000)]).then_some(())
    })
    .await;
}
