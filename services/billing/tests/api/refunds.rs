use contracts::billing::v1::{FinancialActionTaken, RefundFailed, RefundReturned, RefundSucceeded};
use futures_util::future::join_all;
use kernel::{CompanyId, RefundId};
use providers::{Failure, ProviderError, RefundStatus};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, eventually};

use crate::support::{World, refund_updated, succeeded};

async fn paid(world: &World) -> Value {
    let booking = world.hold().await;
    world.pay(&booking.booking_id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_tell_the_running_total_of_their_payment() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let refund = world.refund(&payment, Some(4_000)).await.expect(201);
    assert_eq!(refund["amount"], json!({"amount": 4_000, "currency": "EUR"}));
    let after = world.payment_becomes(&payment, "partially_refunded").await;
    assert_eq!(after["amount_refunded"]["amount"], 4_000);
    world.refund(&payment, None).await.expect(201);
    let after = world.payment_becomes(&payment, "refunded").await;
    assert_eq!(after["amount_refunded"]["amount"], 11_900);
    let told = world.service.events::<RefundSucceeded>().await;
    let totals: Vec<_> = told.iter().map(|told| (told.amount, told.refunded_before, told.refunded_after)).collect();
    assert_eq!(totals, [(4_000, 0, 4_000), (7_900, 4_000, 11_900)]);
    assert!(told.iter().all(|told| told.payment_amount == 11_900 && told.reason == "requested"));
    let path = format!("/api/payments/{}/refunds?limit=1", payment["id"].as_str().unwrap());
    let page = world.as_customer(world.service.get(&path)).send().await.expect(200);
    assert_eq!(page["data"][0]["status"], "succeeded");
    assert!(page["next_cursor"].is_string());
    world.refund(&payment, Some(1)).await.expect_problem(409, "refund_exceeds_payment");
    world.refund(&payment, None).await.expect_problem(409, "refund_exceeds_payment");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refunds_at_once_never_pay_back_more_than_was_paid() {
    let world = World::start().await;
    let other = world.second_process().await;
    let payment = paid(&world).await;
    let ask = async |turn: i32| {
        let service = if turn % 2 == 0 { &world.service } else { &other };
        let request = service.post("/api/payments/refund").bearer(&service.token(&world.manager));
        let body = json!({"payment_id": payment["id"], "amount": 1_000});
        request.idempotency_key(&format!("refund-{turn}")).json(body).send().await
    };
    let answers = join_all((0..20).map(ask)).await;
    let granted = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
    for answer in answers.into_iter().filter(|answer| answer.status.as_u16() != 201) {
        answer.expect_problem(409, "refund_exceeds_payment");
    }
    assert_eq!(granted, 11);
    eventually("all are sent", async || (world.provider.refunds().len() == 11).then_some(())).await;
    eventually("all are recorded", async || {
        (world.payment(&payment).await["amount_refunded"]["amount"] == 11_000).then_some(())
    })
    .await;
    let mut told: Vec<_> = world.service.events::<RefundSucceeded>().await;
    told.sort_by_key(|told| told.refunded_before);
    assert!(told.windows(2).all(|pair| pair[0].refunded_after == pair[1].refunded_before));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_managers_of_the_company_and_administrators_refund() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let staff = CallerToken::default().member_of(world.company, CompanyRole::Staff);
    for (caller, status, code) in [
        (world.customer.clone(), 403, "refund_not_allowed"),
        (staff, 403, "insufficient_role"),
        (CallerToken::default(), 404, "not_found"),
        (CallerToken::default().owner_of(CompanyId::new()), 404, "not_found"),
    ] {
        let request = world.service.post("/api/payments/refund").bearer(&world.service.token(&caller));
        let body = json!({"payment_id": payment["id"], "amount": 1});
        request.idempotency_key("k").json(body).send().await.expect_problem(status, code);
    }
    assert_eq!(world.count("refunds").await, 0);
    for caller in [CallerToken::default().admin(), CallerToken::default().owner_of(world.company)] {
        let request = world.service.post("/api/payments/refund").bearer(&world.service.token(&caller));
        let body = json!({"payment_id": payment["id"], "amount": 1});
        request.idempotency_key("k").json(body).send().await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_many_times_at_once_refunds_once() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let ask = async |_: usize| {
        let request = world.as_manager(world.service.post("/api/payments/refund"));
        let body = json!({"payment_id": payment["id"], "amount": 500, "reason": "a broken amplifier"});
        request.idempotency_key("one").json(body).send().await
    };
    let answers = join_all((0..30).map(ask)).await;
    let mut bodies: Vec<_> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    bodies.dedup();
    assert_eq!((bodies.len(), &bodies[0]["reason"]), (1, &json!("a broken amplifier")));
    world.payment_becomes(&payment, "partially_refunded").await;
    assert_eq!(world.provider.refunds(), [500]);
    let other = json!({"payment_id": payment["id"], "amount": 501});
    let reused = world.as_manager(world.service.post("/api/payments/refund")).idempotency_key("one").json(other);
    reused.send().await.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_out_of_reach_or_forgetful_pays_back_once() {
    let world = World::start().await;
    let payment = paid(&world).await;
    world.provider.set_down(true);
    world.refund(&payment, Some(700)).await.expect(201);
    eventually("the provider was called in vain", async || {
        (world.count("refunds WHERE retries > 0").await == 1).then_some(())
    })
    .await;
    world.provider.lose_next_answer();
    world.provider.set_down(false);
    let after = eventually("it is paid back", async || {
        world.service.run_jobs().await;
        let payment = world.payment(&payment).await;
        (payment["status"] == "partially_refunded").then_some(payment)
    })
    .await;
    assert_eq!(after["amount_refunded"]["amount"], 700);
    assert_eq!(world.provider.refunds(), [700]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_the_provider_refuses_is_told_and_may_be_asked_for_again() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let failure = Failure { code: "charge_disputed".to_owned(), message: "The charge is disputed.".to_owned() };
    world.provider.refuse_next(ProviderError::InvalidRequest(failure));
    world.refund(&payment, None).await.expect(201);
    let told = eventually("it is told", async || world.service.events::<RefundFailed>().await.pop()).await;
    assert_eq!((told.failure_code.as_str(), told.amount), ("charge_disputed", 11_900));
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    world.refund(&payment, None).await.expect(201);
    world.payment_becomes(&payment, "refunded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_the_provider_decides_later_is_asked_about_by_the_clock_and_told_by_webhook() {
    let world = World::start().await;
    let (asked, told) = (paid(&world).await, paid(&world).await);
    world.provider.set_refund_status(RefundStatus::Pending);
    world.refund(&asked, None).await.expect(201);
    let refund = world.refund(&told, None).await.expect(201);
    eventually("both are accepted", async || {
        (world.count("refunds WHERE provider_refund_id IS NOT NULL AND retry_at IS NULL").await == 2).then_some(())
    })
    .await;
    let refund_id: RefundId = refund["id"].as_str().unwrap().parse().unwrap();
    for _ in 0..3 {
        world.webhook(refund_updated(&told, Some(refund_id), 11_900, RefundStatus::Succeeded)).await;
    }
    assert_eq!(world.payment(&told).await["status"], "refunded");
    assert_eq!(world.payment(&asked).await["amount_refunded"]["amount"], 0);
    world.provider.decide_refunds(RefundStatus::Succeeded);
    world.service.advance_secs(1_200).await;
    world.payment_becomes(&asked, "refunded").await;
    assert_eq!(world.service.events::<RefundSucceeded>().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_made_in_the_providers_dashboard_becomes_ours_once() {
    let world = World::start().await;
    let payment = paid(&world).await;
    for _ in 0..3 {
        world.webhook(refund_updated(&payment, None, 900, RefundStatus::Succeeded)).await;
    }
    assert_eq!(world.payment(&payment).await["amount_refunded"]["amount"], 900);
    assert_eq!(world.service.events::<RefundSucceeded>().await.len(), 1);
    world.refund(&payment, Some(11_001)).await.expect_problem(409, "refund_exceeds_payment");
    assert!(world.provider.refunds().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_the_dashboard_that_overtakes_its_payment_becomes_ours_too() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    for _ in 0..2 {
        world.webhook(refund_updated(&payment, None, 900, RefundStatus::Succeeded)).await;
    }
    assert_eq!(world.count("refunds").await, 0);
    world.webhook(succeeded(&payment)).await;
    world.payment_becomes(&payment, "partially_refunded").await;
    assert_eq!(world.payment(&payment).await["amount_refunded"]["amount"], 900);
    assert_eq!((world.count("refunds").await, world.service.events::<RefundSucceeded>().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_fails_after_it_succeeded_comes_back_once_in_any_order_of_its_news() {
    let world = World::start().await;
    let (in_order, in_disorder) = (paid(&world).await, paid(&world).await);
    let refund = world.refund(&in_order, Some(4_000)).await.expect(201);
    world.payment_becomes(&in_order, "partially_refunded").await;
    let refund_id: RefundId = refund["id"].as_str().unwrap().parse().unwrap();
    let ours = |status| refund_updated(&in_order, Some(refund_id), 4_000, status);
    let theirs = |status| refund_updated(&in_disorder, None, 900, status);
    use RefundStatus::{Failed, Pending, Succeeded};
    for status in [Failed, Succeeded, Pending, Failed] {
        world.webhook(ours(status)).await;
        world.webhook(theirs(status)).await;
    }
    for payment in [&in_order, &in_disorder] {
        let after = world.payment(payment).await;
        assert_eq!((&after["status"], &after["amount_refunded"]["amount"]), (&json!("succeeded"), &json!(0)));
    }
    let told = world.service.events::<RefundReturned>().await;
    assert_eq!(told.len(), 1, "of the other nothing had ever gone back as far as anybody knew");
    assert_eq!((told[0].amount, told[0].refunded_before, told[0].refunded_after), (4_000, 4_000, 0));
    assert_eq!((told[0].payment_amount, &told[0].refund_id), (11_900, &refund_id.to_string()));
    assert_eq!(world.service.events::<RefundSucceeded>().await.len(), 1);
    assert_eq!(world.count("refunds WHERE status = 'failed'").await, 2);
    // All of it can go back in another try.
    world.refund(&in_order, None).await.expect(201);
    world.payment_becomes(&in_order, "refunded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_for_which_the_providers_balance_is_too_small_waits_and_is_made_later() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let failure = Failure { code: "balance_insufficient".to_owned(), message: "Insufficient funds.".to_owned() };
    world.provider.refuse_next(ProviderError::InvalidRequest(failure));
    world.refund(&payment, Some(700)).await.expect(201);
    let waiting = "refunds WHERE status = 'pending' AND retry_at > now() + interval '50 minutes'";
    eventually("it waits", async || (world.count(waiting).await == 1).then_some(())).await;
    world.service.run_jobs().await;
    assert!(world.provider.refunds().is_empty() && world.service.events::<RefundFailed>().await.is_empty());
    let metrics = world.service.get("/metrics").send().await;
    assert!(metrics.text.contains("billing_refunds_waiting_for_balance_total"), "somebody has to be told");
    world.execute("UPDATE refunds SET retry_at = now()").await;
    eventually("it is made", async || {
        world.service.run_jobs().await;
        (world.payment(&payment).await["amount_refunded"]["amount"] == 700).then_some(())
    })
    .await;
    assert_eq!(world.provider.refunds(), [700]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_made_in_the_dashboard_whose_webhooks_are_lost_is_found_by_what_has_moved() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let mut stranger = payment.clone();
    stranger["id"] = json!(kernel::PaymentId::new());
    let moved = |status| refund_updated(&payment, None, 900, status);
    world
        .provider
        .has_moved([refund_updated(&stranger, None, 5, RefundStatus::Succeeded), moved(RefundStatus::Succeeded)]);
    for _ in 0..2 {
        world.service.advance_secs(3_600).await;
    }
    world.payment_becomes(&payment, "partially_refunded").await;
    assert_eq!(world.count("refunds").await, 1);
    // Days later it comes back, and nobody tells of that either.
    world.provider.has_moved([moved(RefundStatus::Failed), moved(RefundStatus::Failed)]);
    for _ in 0..2 {
        world.service.advance_secs(3_600).await;
    }
    world.payment_becomes(&payment, "succeeded").await;
    // The webhooks arrive after all.
    for status in [RefundStatus::Succeeded, RefundStatus::Failed] {
        world.webhook(moved(status)).await;
    }
    assert_eq!(world.payment(&payment).await["amount_refunded"]["amount"], 0);
    let (out, back) = (world.service.events::<RefundSucceeded>().await, world.service.events::<RefundReturned>().await);
    assert_eq!((out.len(), back.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_refund_is_told_to_the_trail_at_once() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let refund = world.refund(&payment, Some(500)).await.expect(201);
    let told = world.service.events::<FinancialActionTaken>().await;
    let told: Vec<_> = told.iter().map(|told| (told.action.as_str(), &told.subject, told.amount)).collect();
    assert_eq!(told, [("refund_requested", &refund["id"].as_str().unwrap().to_owned(), 500)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_captured_cannot_go_back() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    world.refund(&payment, None).await.expect_problem(409, "refund_exceeds_payment");
    world.refund(&payment, Some(1)).await.expect_problem(409, "refund_exceeds_payment");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_refunds_nothing() {
    let world = World::start().await;
    let payment = paid(&world).await;
    let post = || world.as_manager(world.service.post("/api/payments/refund"));
    let id = &payment["id"];
    post().json(json!({"payment_id": id})).send().await.expect_problem(400, "idempotency_key_required");
    for body in [
        json!({}),
        json!({"payment_id": "rfd_01h455vb4pex5vsknk084sn02q"}),
        json!({"payment_id": id, "amount": 0}),
        json!({"payment_id": id, "amount": -1}),
        json!({"payment_id": id, "amount": 1.5}),
        json!({"payment_id": id, "amount": "1"}),
        json!({"payment_id": id, "amount": 18_446_744_073_709_551_615_u64}),
        json!({"payment_id": id, "currency": "EUR"}),
        json!({"payment_id": id, "reason": "x".repeat(501)}),
        json!({"payment_id": id, "reason": "a\u{0}b"}),
    ] {
        let answer = post().idempotency_key("k").json(body.clone()).send().await;
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.text);
    }
    let most = json!({"payment_id": id, "amount": i64::MAX});
    post().idempotency_key("k").json(most).send().await.expect_problem(409, "refund_exceeds_payment");
    assert_eq!(world.count("refunds").await, 0);
}
