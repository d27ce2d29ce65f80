//! Disputes as providers tell them, and who sees them.

use contracts::billing::v1;
use jiff::Timestamp;
use kernel::{CompanyId, Currency, Money};
use providers::{DisputeStatus, DisputeUpdated, ProviderEvent};
use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse, eventually};

use crate::support::{World, cents, succeeded};

fn dispute(payment: &Value, status: DisputeStatus, second: i64) -> ProviderEvent {
    let occurred_at = Timestamp::from_second(1_803_892_000 + second).unwrap();
    ProviderEvent::DisputeUpdated(DisputeUpdated {
        provider_dispute_id: "dp_1".to_owned(),
        provider_payment_id: payment["provider_payment_id"].as_str().unwrap().to_owned(),
        amount: Money::new(cents(payment), Currency::EUR),
        fee: Some(Money::new(2000, Currency::EUR)),
        status,
        reason: "fraudulent".to_owned(),
        evidence_due_at: Some(occurred_at + jiff::SignedDuration::from_hours(168)),
        occurred_at,
    })
}

async fn listed(world: &World, caller: &CallerToken) -> TestResponse {
    let path = format!("/api/disputes?company_id={}", world.company);
    world.service.get(&path).bearer(&world.service.token(caller)).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_told_in_any_order_and_again_is_one_and_ends_as_it_was_decided() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    let news = [(DisputeStatus::Lost, 30), (DisputeStatus::NeedsResponse, 1), (DisputeStatus::UnderReview, 9)];
    for (status, second) in news.into_iter().cycle().take(9) {
        world.webhook(dispute(&payment, status, second)).await;
    }
    let page = listed(&world, &world.manager).await.expect(200);
    let found = &page["data"][0];
    assert_eq!((page["data"].as_array().unwrap().len(), &found["status"]), (1, &json!("lost")));
    assert_eq!((&found["payment_id"], &found["reason"]), (&payment["id"], &json!("fraudulent")));
    assert_eq!((&found["amount"], &found["fee"]["amount"]), (&payment["amount"], &json!(2000)));
    assert!(found["closed_at"].as_str() > found["opened_at"].as_str());
    assert_eq!(world.service.events::<v1::PaymentSucceeded>().await.len(), 1);
    // The first news, and the earlier opening that the second one told of; the rest was known.
    let told = world.service.events::<v1::DisputeUpdated>().await;
    let states: Vec<_> = told.iter().map(|event| (event.status.as_str(), event.amount, event.fee)).collect();
    assert_eq!(states, [("lost", cents(&payment), Some(2000)); 2]);
    assert!(told[1].opened_at_micros < told[0].opened_at_micros);
    assert_eq!(told[1].payable.as_ref().map(|payable| payable.id.as_str()), Some(booking.booking_id.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_that_overtakes_its_payment_waits_for_it() {
    let world = World::start().await;
    let booking = world.hold().await;
    let open = world.open_session(&booking.booking_id).await.expect(201);
    let mut known = open.clone();
    known["provider_payment_id"] = json!(format!("pi_{}", open["id"].as_str().unwrap()));
    world.webhook(dispute(&known, DisputeStatus::Lost, 2)).await;
    world.webhook(dispute(&known, DisputeStatus::NeedsResponse, 1)).await;
    assert_eq!((world.count("disputes").await, world.count("delivery_attempts").await), (0, 0));
    world.webhook(succeeded(&open)).await;
    let status = eventually("the dispute is taken in", async || {
        let page = listed(&world, &world.manager).await.expect(200);
        (world.count("early_events").await == 0).then(|| page["data"][0]["status"].clone())
    });
    assert_eq!(status.await, "lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_whose_webhooks_are_lost_is_found_by_what_has_moved() {
    let world = World::start().await;
    let payment = world.pay(&world.hold().await.booking_id).await;
    for news in [
        vec![dispute(&payment, DisputeStatus::NeedsResponse, 1)],
        vec![dispute(&payment, DisputeStatus::Won, 9), dispute(&payment, DisputeStatus::Won, 1)],
    ] {
        world.provider.has_moved(news);
        for _ in 0..2 {
            world.service.advance_secs(3_600).await;
        }
    }
    eventually("it is known", async || {
        let page = listed(&world, &world.manager).await.expect(200);
        (page["data"][0]["status"] == "won").then_some(())
    })
    .await;
    let told = world.service.events::<v1::DisputeUpdated>().await;
    let states: Vec<_> = told.iter().map(|event| event.status.as_str()).collect();
    assert_eq!(states, ["needs_response", "won"]);
    // One that is lost moves nothing: it is seen when it is looked at again.
    let payment = world.pay(&world.hold().await.booking_id).await;
    let about_it = |status| match dispute(&payment, status, 20) {
        ProviderEvent::DisputeUpdated(told) => {
            ProviderEvent::DisputeUpdated(DisputeUpdated { provider_dispute_id: "dp_2".to_owned(), ..told })
        }
        other => other,
    };
    for status in [DisputeStatus::UnderReview, DisputeStatus::Lost] {
        world.provider.has_moved([about_it(status)]);
        for _ in 0..2 {
            world.service.advance_secs(3_600).await;
        }
    }
    let lost = eventually("it is lost", async || {
        let told = world.service.events::<v1::DisputeUpdated>().await;
        told.into_iter().find(|event| event.status == "lost")
    })
    .await;
    assert!(lost.closed_at_micros > Some(lost.opened_at_micros), "{lost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_and_administrators_see_disputes_and_nobody_else() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    world.webhook(dispute(&payment, DisputeStatus::NeedsResponse, 1)).await;
    let staff = CallerToken::default().member_of(world.company, service_kit::identity::CompanyRole::Staff);
    let id = listed(&world, &staff).await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    let one = |caller: &CallerToken| {
        world.service.get(&format!("/api/disputes/{id}")).bearer(&world.service.token(caller)).send()
    };
    let admin = CallerToken::default().admin();
    for caller in [&staff, &world.manager, &admin] {
        assert_eq!(one(caller).await.expect(200)["id"], id.as_str());
    }
    for caller in [&world.customer, &CallerToken::default().owner_of(CompanyId::new())] {
        one(caller).await.expect_problem(404, "not_found");
        listed(&world, caller).await.expect_problem(404, "not_found");
    }
    let all = |caller: &CallerToken| world.service.get("/api/disputes").bearer(&world.service.token(caller)).send();
    assert_eq!(all(&admin).await.expect(200)["data"].as_array().unwrap().len(), 1);
    all(&world.manager).await.expect_problem(403, "admin_required");
}
