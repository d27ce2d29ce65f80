//! Payments that settle with the company: when they may, what the provider and the others are told, and what goes back.

use contracts::billing::v1::{CompanySettlement, PaymentSucceeded, RefundFailed, RefundSucceeded};
use jiff::SignedDuration;
use kernel::{Currency, Money};
use providers::{AccountState, Destination, PayoutSchedule, RefundStatus};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{TestResponse, eventually};

use crate::support::{World, account_updated, enabled, payment_id};

const SETTINGS: &str = "/api/payments/settings";

/// 10 % of 100.00 net, and 19 % VAT on it.
const FEE: i64 = 1_190;

async fn choose(world: &World, settings: Value) -> TestResponse {
    let mut body = json!({"company_id": world.company, "provider": null});
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    world.as_manager(world.service.request(Method::PUT, SETTINGS)).json(body).send().await
}

/// A company with an account that takes charges, which has opted in.
async fn settling() -> World {
    let world = World::start().await;
    world.account_in_use().await;
    choose(&world, json!({"settlement": "company"})).await.expect(200);
    world
}

/// Whom the provider was told that a new payment settles with.
async fn destination(world: &World) -> (Value, Option<Destination>) {
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let session = world.provider.session_of(payment_id(&payment)).unwrap();
    (payment, session.request.destination)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_opts_in_only_with_an_account_that_takes_charges() {
    let world = World::start().await;
    let opt_in = async || choose(&world, json!({"settlement": "company"})).await;
    opt_in().await.expect_problem(409, "company_account_not_ready");
    world.make_account().await.expect(200);
    opt_in().await.expect_problem(409, "company_account_not_ready");
    world.account_in_use().await;
    assert_eq!(opt_in().await.expect(200)["settlement"], "company");
    // Whoever chooses a provider need not say it again.
    assert_eq!(choose(&world, json!({"provider": "stripe"})).await.expect(200)["settlement"], "company");
    assert_eq!(choose(&world, json!({"settlement": "platform"})).await.expect(200)["settlement"], "platform");
    assert_eq!(choose(&world, json!({"settlement": "nobody"})).await.status.as_u16(), 422);
}

/// What settles with the company would lie on its account for ever otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn the_provider_pays_the_account_out_by_itself_while_payments_settle_with_it() {
    let world = World::start().await;
    world.account_in_use().await;
    for (settlement, schedule) in [("company", PayoutSchedule::Daily), ("platform", PayoutSchedule::Manual)] {
        world.payer().lose_answer_of("set_schedule");
        choose(&world, json!({"settlement": settlement})).await.expect(200);
        eventually("the provider knows it", async || (world.payer().schedule() == Some(schedule)).then_some(())).await;
    }
    assert!(world.payer().calls("set_schedule") >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_and_the_others_are_told_one_fee() {
    let world = settling().await;
    let (payment, told) = destination(&world).await;
    let application_fee = Money::new(FEE, Currency::EUR);
    assert_eq!(told, Some(Destination { account_id: "acct_1".to_owned(), application_fee }));
    assert_eq!(payment["settlement"], "company");
    world.webhook(crate::support::succeeded(&payment)).await;
    let told = world.service.events::<PaymentSucceeded>().await;
    let settled = CompanySettlement { commission: 1_000, tax: 190, passes_platform: true };
    assert_eq!(told[0].settlement, Some(settled));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_account_takes_no_charges_any_more_the_platform_holds_the_money() {
    let world = settling().await;
    let restricted = AccountState { charges_enabled: false, ..enabled("acct_1", Some(world.company)) };
    world.webhook(account_updated(restricted, world.service.now() + SignedDuration::from_secs(60))).await;
    let (payment, told) = destination(&world).await;
    assert_eq!((&payment["settlement"], told), (&json!("platform"), None));
    // Another currency than the account's would be converted on the way.
    let foreign = AccountState { currency: Some(Currency::GBP), ..enabled("acct_1", Some(world.company)) };
    world.webhook(account_updated(foreign, world.service.now() + SignedDuration::from_secs(120))).await;
    assert_eq!(destination(&world).await.1, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_give_back_their_part_of_the_fee_and_all_of_it_in_the_end() {
    let world = settling().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    world.provider.set_refund_status(RefundStatus::Failed);
    world.refund(&payment, Some(4_000)).await.expect(201);
    eventually("it has failed", async || (!world.service.events::<RefundFailed>().await.is_empty()).then_some(()))
        .await;
    world.provider.set_refund_status(RefundStatus::Succeeded);
    for amount in [Some(4_000), None] {
        world.refund(&payment, amount).await.expect(201);
    }
    world.payment_becomes(&payment, "refunded").await;
    assert_eq!(world.provider.refunded_fees(), [Some(400), Some(400), Some(790)], "the first one failed");
    let told = world.service.events::<RefundSucceeded>().await;
    assert_eq!(told.iter().map(|told| told.application_fee).collect::<Vec<_>>().iter().sum::<i64>(), FEE);
    assert!(told.iter().all(|told| told.settlement.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fee_is_of_the_companys_own_rate_and_refunds_follow_the_one_it_was_paid_at() {
    let world = settling().await;
    world.set_commission(json!({"kind": "company", "rate": "5"})).await.expect(200);
    let (_, told) = destination(&world).await;
    // 5 % of 100.00 net, and 19 % VAT on it.
    assert_eq!(told.unwrap().application_fee, Money::new(595, Currency::EUR));
    let payment = world.pay(&world.hold().await.booking_id).await;
    let told = world.service.events::<PaymentSucceeded>().await.pop().unwrap();
    assert_eq!((told.settlement.unwrap().commission, told.commission_ppm), (500, Some(50_000)));
    world.set_commission(json!({"kind": "company", "rate": "20"})).await.expect(200);
    for amount in [Some(5_950), None] {
        world.refund(&payment, amount).await.expect(201);
    }
    world.payment_becomes(&payment, "refunded").await;
    assert_eq!(world.provider.refunded_fees(), [Some(298), Some(297)], "all of it, and no more");
    // Without commission there is no fee, and the company has it all the same.
    world.set_commission(json!({"kind": "company", "rate": "0"})).await.expect(200);
    let (free, told) = destination(&world).await;
    assert_eq!((&free["settlement"], told.unwrap().application_fee.amount), (&json!("company"), 0));
}
