//! The commission as events tell it: each payment has its own, and keeps it.

use contracts::billing::v1::{CommissionTerm, FinancialActionTaken};
use kernel::{CompanyId, FinancialActionId, PaymentId, UserId};
use serde_json::json;
use testkit::{CallerToken, TestService, envelope};

use crate::{
    disputes::hear,
    stories::{Story, assert_sound, balances, posted},
    support::company_balance,
};

const HALF: i64 = 5_355;

/// A booking that is paid in two halves, at 10 % and at 5 %, and its payments.
fn paid_twice() -> (Story, [PaymentId; 2]) {
    let (mut story, payments) = (Story::new(), [PaymentId::new(), PaymentId::new()]);
    for (payment, ppm) in payments.into_iter().zip([100_000, 50_000]) {
        story.commission_ppm = Some(ppm);
        story.received(payment, HALF).applied(payment, HALF);
    }
    // From then on the company has another rate, which is nobody's who has paid already.
    story.commission_ppm = Some(0);
    (story, payments)
}

/// Commission, VAT on it, and what the company has pending.
async fn books(service: &TestService, story: &Story) -> (i64, i64, i64) {
    let pending = balances(service, story.company_id).await["balances"][0]["pending"].as_i64().unwrap();
    (posted(service, "income:commission").await, posted(service, "liabilities:tax:DE").await, pending)
}

#[tokio::test]
async fn each_payment_of_a_booking_is_split_and_refunded_at_its_own_rate() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, [at_ten, at_five]) = paid_twice();
    hear(&service, &mut story).await;
    // Of 45.00 net: 4.50 and 0.86 VAT; 2.25 and 0.43.
    assert_eq!(books(&service, &story).await, (450 + 225, 86 + 43, 4_819 + 5_087));
    // A third of each goes back: 1.50 and 0.29; 0.75 and 0.14.
    for payment in [at_ten, at_five] {
        story.refunded(payment, HALF / 3, HALF, "cancellation");
    }
    hear(&service, &mut story).await;
    assert_eq!(books(&service, &story).await, (300 + 150, 57 + 29, 9_906 - 1_606 - 1_696));
    for payment in [at_five, at_ten] {
        story.refunded(payment, HALF - HALF / 3, HALF, "cancellation");
    }
    hear(&service, &mut story).await;
    assert_eq!(books(&service, &story).await, (0, 0, 0), "to the last cent");
    assert_eq!(posted(&service, "assets:provider:stripe").await, 0);
    assert_sound(&service).await;
}

#[tokio::test]
async fn refunds_that_are_heard_of_before_their_payments_follow_the_rate_of_these() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, [at_ten, at_five]) = paid_twice();
    for payment in [at_ten, at_five] {
        story.refunded(payment, HALF / 3, HALF, "cancellation");
    }
    story.events.reverse();
    hear(&service, &mut story).await;
    assert_eq!(books(&service, &story).await, (300 + 150, 57 + 29, 9_906 - 1_606 - 1_696));
    assert_sound(&service).await;
}

#[tokio::test]
async fn without_commission_all_of_it_is_the_companys() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    story.commission_ppm = Some(0);
    story.received(payment, 10_710).applied(payment, 10_710);
    hear(&service, &mut story).await;
    let all = json!({"balances": [company_balance("EUR", 10_710, 0)]});
    assert_eq!(balances(&service, story.company_id).await, all);
    assert_eq!(posted(&service, "income:commission").await, 0);
    assert_sound(&service).await;
}

#[tokio::test]
async fn what_was_set_stands_in_the_trail_with_its_rate_and_its_end() {
    let service = TestService::start(ledger::service()).await;
    let (company_id, admin) = (CompanyId::new(), CallerToken::default().admin());
    let event = FinancialActionTaken {
        action_id: FinancialActionId::new().to_string(),
        action: "commission_promotion_set".into(),
        subject: company_id.to_string(),
        person_id: UserId::new().to_string(),
        reason: "Their first months".into(),
        taken_at_micros: 1_800_000_000_000_000,
        commission: Some(CommissionTerm {
            ppm: Some(25_000),
            plan: String::new(),
            starts_at_micros: 1_800_000_000_000_000,
            ends_at_micros: Some(1_800_086_400_000_000),
        }),
        ..FinancialActionTaken::default()
    };
    service.deliver_envelope(&envelope(company_id.uuid(), 1, crate::support::NOW, &event)).await;
    let path = format!("/api/admin/ledger/actions?subject={company_id}");
    let trail = service.get(&path).bearer(&service.token(&admin)).send().await.expect(200);
    let row = &trail["data"][0];
    assert_eq!((&row["action"], &row["reason"]), (&json!(event.action), &json!(event.reason)));
    let set = json!({
        "rate": "2.5", "plan": null, "starts_at": "2027-01-15T08:00:00Z", "ends_at": "2027-01-16T08:00:00Z",
    });
    assert_eq!(row["detail"], json!({"commission": set}));
}
