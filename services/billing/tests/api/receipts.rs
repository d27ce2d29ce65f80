use contracts::billing::v1::ReceiptIssued;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{CallerToken, pdf_pages};

use crate::support::{World, succeeded};

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_succeed_at_once_are_numbered_without_a_gap() {
    let world = World::start().await;
    let other = world.second_process().await;
    let mut payments = Vec::new();
    for _ in 0..20 {
        let booking = world.hold().await;
        payments.push(world.open_session(&booking.booking_id).await.expect(201));
    }
    let tellings: Vec<_> = payments.iter().map(|payment| world.webhook_envelope(succeeded(payment))).collect();
    join_all(tellings.iter().enumerate().map(|(turn, telling)| {
        let service = if turn % 2 == 0 { &world.service } else { &other };
        service.deliver_envelope(telling)
    }))
    .await;
    let mut numbers: Vec<String> =
        world.service.events::<ReceiptIssued>().await.into_iter().map(|told| told.number).collect();
    numbers.sort();
    let expected: Vec<String> = (1..=20).map(|number| format!("R-{number:06}")).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_read_by_who_paid_and_who_was_paid() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    let page = world.as_customer(world.service.get("/api/receipts")).send().await.expect(200);
    let receipt: &Value = &page["data"][0];
    assert_eq!((&receipt["number"], &receipt["payment_id"]), (&json!("R-000001"), &payment["id"]));
    assert_eq!(receipt["amount"], json!({"amount": 11_900, "currency": "EUR"}));
    let path = format!("/api/receipts/{}", receipt["id"].as_str().unwrap());
    for (caller, status) in [
        (world.customer.clone(), 200),
        (world.manager.clone(), 200),
        (CallerToken::default().admin(), 200),
        (CallerToken::default(), 404),
    ] {
        world.service.get(&path).bearer(&world.service.token(&caller)).send().await.expect(status);
    }
    let of_company = format!("/api/receipts?company_id={}", world.company);
    let page = world.as_manager(world.service.get(&of_company)).send().await.expect(200);
    assert_eq!(page["data"][0], *receipt);
    world.as_customer(world.service.get(&of_company)).send().await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_printed_for_who_paid_and_who_was_paid_and_always_the_same() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.pay(&booking.booking_id).await;
    let page = world.as_customer(world.service.get("/api/receipts")).send().await.expect(200);
    let receipt = &page["data"][0];
    let path = format!("/api/receipts/{}/pdf", receipt["id"].as_str().unwrap());
    let get = async |caller: &CallerToken| world.service.get(&path).bearer(&world.service.token(caller)).send().await;
    let printed = get(&world.customer).await;
    assert_eq!(printed.status, 200, "{}", printed.text);
    assert_eq!(printed.headers["content-type"], "application/pdf");
    assert_eq!(printed.headers["content-disposition"], "attachment; filename=\"R-000001.pdf\"");
    let pages = pdf_pages(&printed.body);
    assert_eq!(pages.len(), 1);
    for text in ["R-000001", "119.00 EUR", payment["id"].as_str().unwrap(), receipt["description"].as_str().unwrap()] {
        assert!(pages[0].iter().any(|line| line == text), "{text}: {pages:?}");
    }
    world.service.advance_secs(3_600).await;
    for other in [&world.manager, &CallerToken::default().admin()] {
        assert_eq!(get(other).await.body, printed.body);
    }
    get(&CallerToken::default()).await.expect_problem(404, "not_found");
    world.service.get(&path).send().await.expect_problem(401, "authentication_required");
}
