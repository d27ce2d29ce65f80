//! Money at a company's desk: what the company owes of it, and how that is set off.

use contracts::booking::v1::{BookingDeskPaymentRecorded, BookingDeskRefundRecorded, BookingState};
use kernel::{PaymentId, PayoutId, RefundId};
use serde_json::json;
use testkit::TestService;

use crate::{
    disputes::hear,
    stories::{Story, assert_sound, balances, posted},
};

fn booking(story: &Story) -> Option<BookingState> {
    Some(story.booking.clone())
}

fn taken(story: &mut Story, payment_id: PaymentId, method: &str) {
    let event = BookingDeskPaymentRecorded {
        booking: booking(story),
        payment_id: payment_id.to_string(),
        method: method.into(),
        amount: 10_710,
        recorded_by: story.payable.customer_user_id.clone(),
        commission_ppm: story.commission_ppm,
    };
    story.tell(payment_id.uuid(), &event);
}

fn handed_back(story: &mut Story, payment_id: PaymentId, before: i64, amount: i64) {
    let refund_id = RefundId::new();
    let event = BookingDeskRefundRecorded {
        booking: booking(story),
        refund_id: refund_id.to_string(),
        payment_id: payment_id.to_string(),
        payment_method: "cash".into(),
        payment_amount: 10_710,
        price_subtotal: 9_000,
        price_total: 10_710,
        refunded_before: before,
        amount,
        commission_ppm: story.commission_ppm,
        ..BookingDeskRefundRecorded::default()
    };
    story.tell(refund_id.uuid(), &event);
}

/// Payable, receivable, what is owed of money from the desk.
async fn company(service: &TestService, story: &Story) -> (i64, i64, i64) {
    let balance = balances(service, story.company_id).await["balances"][0].clone();
    let of = |name: &str| balance[name].as_i64().unwrap_or(0);
    (of("payable"), of("receivable"), of("desk_debt"))
}

/// What could be paid out now.
async fn payable(service: &TestService, story: &Story) -> i64 {
    let token = service.keys.service_token("billing", "ledger");
    let path = format!("/internal/companies/{}/payables", story.company_id);
    let body = service.get(&path).bearer(&token).send().await.expect(200);
    body["payables"][0]["amount"].as_i64().unwrap_or(0)
}

async fn pay_out(service: &TestService, story: &Story, amount: i64) -> testkit::TestResponse {
    let token = service.keys.service_token("billing", "ledger");
    let payout = json!({
        "id": PayoutId::new(), "company_id": story.company_id, "provider": "stripe",
        "amount": {"amount": amount, "currency": "EUR"},
    });
    service.post("/internal/payouts").bearer(&token).json(payout).send().await
}

#[tokio::test]
async fn what_is_owed_of_money_from_the_desk_is_set_off_by_the_next_payout() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, cash, card) = (Story::new(), PaymentId::new(), PaymentId::new());
    taken(&mut story, cash, "cash");
    taken(&mut story, cash, "cash");
    taken(&mut story, PaymentId::new(), "invoice");
    hear(&service, &mut story).await;
    let admin = service.token(&testkit::CallerToken::default().admin());
    let path = format!("/api/admin/ledger/actions?subject={cash}");
    let trail = service.get(&path).bearer(&admin).send().await.expect(200);
    let trail: Vec<_> =
        trail["data"].as_array().unwrap().iter().map(|row| (&row["action"], &row["person_id"])).collect();
    assert_eq!(trail, [(&json!("desk_payment_taken"), &json!(story.payable.customer_user_id))], "told of once");
    // The company has 96.39 of it in its till, and owes 9.00 and the VAT on that.
    assert_eq!(company(&service, &story).await, (0, 0, 1_071));
    assert_eq!(posted(&service, "income:commission").await, 900);
    assert_eq!(posted(&service, "liabilities:tax:DE").await, 171);
    assert_eq!(payable(&service, &story).await, 0);
    story.received(card, 10_710).applied(card, 10_710).completed();
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (9_639, 0, 1_071));
    assert_eq!(payable(&service, &story).await, 9_639 - 1_071);
    pay_out(&service, &story, 9_639 - 1_070).await.expect_problem(409, "insufficient_balance");
    pay_out(&service, &story, 9_639 - 1_071).await.expect(204);
    assert_eq!(company(&service, &story).await, (9_639 - 1_071, 0, 0), "all of that is held now");

    // Handed back in two parts: its commission comes back with the next payout.
    handed_back(&mut story, cash, 0, 3_333);
    handed_back(&mut story, cash, 3_333, 10_710 - 3_333);
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (9_639 - 1_071, 0, -1_071));
    assert_eq!(payable(&service, &story).await, 1_071);
    assert_eq!(posted(&service, "income:commission").await, 900, "that of the card payment");
    pay_out(&service, &story, 1_071).await.expect(204);
    assert_eq!(company(&service, &story).await, (9_639, 0, 0));
    assert_sound(&service).await;
}

#[tokio::test]
async fn money_that_is_handed_back_follows_the_rate_at_which_it_was_taken() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, cash) = (Story::new(), PaymentId::new());
    story.commission_ppm = Some(50_000);
    taken(&mut story, cash, "cash");
    hear(&service, &mut story).await;
    // 5 % of 90.00 net, and 0.86 VAT on it.
    assert_eq!(company(&service, &story).await, (0, 0, 536));
    assert_eq!(posted(&service, "income:commission").await, 450);
    handed_back(&mut story, cash, 0, 3_570);
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (0, 0, 536 - 150 - 29));
    handed_back(&mut story, cash, 3_570, 7_140);
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (0, 0, 0));
    assert_eq!(posted(&service, "income:commission").await, 0);
    assert_eq!(posted(&service, "liabilities:tax:DE").await, 0);
    assert_sound(&service).await;
}
