//! What Square and PayPal say has moved, as the platform's client reads it.

use jiff::{SignedDuration, Timestamp};
use kernel::{Currency, Money, PaymentId, RefundId};
use providers::{Movement, MovementKind, MovementsRequest, ProviderName, RefundRequest};
use serde_json::json;

use crate::harness::{SUCCESS, TestSandbox};

const DISPUTED: &str = "4000000000000259";
const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn paid(sandbox: &TestSandbox, name: ProviderName, card: &str) -> (PaymentId, String) {
    let (payment_id, session) = sandbox.session_at(name).await;
    assert_eq!(sandbox.complete(&session.provider_session_id, card, json!({})).await, "succeeded");
    let state = sandbox.provider(name).complete_session(&session.provider_session_id).await.unwrap();
    (payment_id, state.payment.provider_payment_id.unwrap())
}

/// Every page of a span.
async fn moved(sandbox: &TestSandbox, name: ProviderName, from: Timestamp, to: Timestamp) -> Vec<Movement> {
    let (provider, mut after, mut all) = (sandbox.provider(name), None, Vec::new());
    loop {
        let request = MovementsRequest { from, to, after };
        let page = provider.statement().unwrap().list_movements(request).await.unwrap();
        all.extend(page.movements);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// One payment given back in part, and one that is disputed and won.
async fn a_month(sandbox: &TestSandbox, name: ProviderName) -> (PaymentId, RefundRequest, String) {
    let (payment_id, provider_payment_id) = paid(sandbox, name, SUCCESS).await;
    let amount = Money::new(2_500, Currency::EUR);
    let refund = RefundRequest {
        refund_id: RefundId::new(),
        payment_id,
        provider_payment_id,
        amount,
        reason: None,
        application_fee: None,
    };
    let refunded = sandbox.provider(name).refund(refund.clone()).await.unwrap();
    let (disputed, _) = paid(sandbox, name, DISPUTED).await;
    let path = format!("/sandbox/disputes/{disputed}/decide");
    let decided = sandbox.post(&path).json(json!({"outcome": "won"})).send().await;
    assert_eq!(decided.status.as_u16(), 204);
    (payment_id, refund, refunded.provider_refund_id)
}

fn kinds(movements: &[Movement]) -> Vec<(MovementKind, i64)> {
    let mut kinds: Vec<_> = movements.iter().map(|moved| (moved.kind, moved.amount.amount)).collect();
    kinds.sort_by_key(|(kind, amount)| (kind.as_str(), *amount));
    kinds
}

const OF_PAYMENTS: [(MovementKind, i64); 5] = [
    (MovementKind::Charge, 9_000),
    (MovementKind::Charge, 9_000),
    (MovementKind::Dispute, -9_000),
    (MovementKind::DisputeReturn, 9_000),
    (MovementKind::Refund, -2_500),
];

#[tokio::test(flavor = "multi_thread")]
async fn paypal_lists_what_moved_under_our_ids_once() {
    let sandbox = TestSandbox::start().await;
    let (payment_id, refund, refunded) = a_month(&sandbox, ProviderName::Paypal).await;
    let now = sandbox.platform.clock.now();
    // Longer than what PayPal searches at once.
    let movements = moved(&sandbox, ProviderName::Paypal, now - DAY * 40, now + DAY).await;
    assert_eq!(kinds(&movements), OF_PAYMENTS);
    let charge = movements.iter().find(|moved| moved.reference == Some(payment_id.to_string())).unwrap();
    assert_eq!((charge.kind, charge.fee), (MovementKind::Charge, 0));
    let back = movements.iter().find(|moved| moved.kind == MovementKind::Refund).unwrap();
    assert_eq!((&back.reference, &back.id), (&Some(refund.refund_id.to_string()), &refunded));
    let mut ids: Vec<&str> = movements.iter().map(|moved| moved.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each has an id of its own");
    assert_eq!(moved(&sandbox, ProviderName::Paypal, now - DAY * 2, now - DAY).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn square_lists_what_moved_when_it_pays_out() {
    let sandbox = TestSandbox::start().await;
    // At noon: all of it is on one day, however long it takes.
    let second = sandbox.platform.clock.now().as_second();
    sandbox.advance(86_400 - (second + 43_200) % 86_400).await;
    let (_, refund, refunded) = a_month(&sandbox, ProviderName::Square).await;
    let now = sandbox.platform.clock.now();
    assert_eq!(moved(&sandbox, ProviderName::Square, now - DAY, now + DAY).await, [], "it has not been paid out");
    sandbox.advance(2 * 86_400).await;
    let later = sandbox.platform.clock.now();
    let movements = moved(&sandbox, ProviderName::Square, now - DAY, later).await;
    let (settled, of_payments): (Vec<_>, Vec<_>) =
        movements.into_iter().partition(|moved| moved.kind == MovementKind::Settlement);
    assert_eq!(kinds(&of_payments), OF_PAYMENTS);
    assert_eq!(kinds(&settled), [(MovementKind::Settlement, -15_500)], "all of it is at the bank");
    let sources: Vec<_> = of_payments.iter().filter_map(|moved| moved.source.clone()).collect();
    assert!(sources.contains(&refund.provider_payment_id) && sources.contains(&refunded), "{sources:?}");
}
