//! PayPal's payouts, as the platform's client sees them.

use jiff::SignedDuration;
use kernel::{Currency, Money, PayoutId};
use providers::{
    DisbursementProvider, DisbursementRequest, Movement, MovementKind, MovementsRequest, PaymentProvider,
    PayoutProgress, PayoutState, ProviderError, ProviderEvent, ProviderName,
};
use serde_json::{Value, json};

use crate::harness::{SUCCESS, TestSandbox};

const DAY: i64 = 86_400;

/// The platform has 90 EUR at PayPal.
pub async fn with_balance(sandbox: &TestSandbox) {
    let (_, session) = sandbox.session_at(ProviderName::Paypal).await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    let paypal = sandbox.provider(ProviderName::Paypal);
    paypal.complete_session(&session.provider_session_id).await.unwrap();
}

struct Scene {
    sandbox: TestSandbox,
    paypal: std::sync::Arc<dyn PaymentProvider>,
}

impl Scene {
    async fn set() -> Self {
        let sandbox = TestSandbox::start().await;
        with_balance(&sandbox).await;
        let paypal = sandbox.provider(ProviderName::Paypal);
        Self { sandbox, paypal }
    }

    fn payer(&self) -> &dyn DisbursementProvider {
        self.paypal.disbursements().unwrap()
    }

    async fn now(&self, sent: &PayoutState) -> PayoutState {
        self.payer().retrieve_disbursement(&sent.provider_payout_id).await.unwrap()
    }

    async fn told(&self, payout_id: PayoutId, progress: PayoutProgress) -> PayoutState {
        let told = self.sandbox.told("the payout", |event| match event {
            ProviderEvent::PayoutUpdated(told) if told.payout_id == payout_id && told.state.progress == progress => {
                Some(told.clone())
            }
            _ => None,
        });
        let told = told.await;
        assert_eq!(told.provider_account_id, None);
        told.state
    }

    /// What has left and come back, and what it cost.
    async fn moved(&self) -> Vec<Movement> {
        let now = self.sandbox.platform.clock.now();
        let (from, to) = (now - SignedDuration::from_hours(25 * 24), now + SignedDuration::from_hours(1));
        let request = MovementsRequest { from, to, after: None };
        let moved = self.paypal.statement().unwrap().list_movements(request).await.unwrap().movements;
        let moved: Vec<_> = moved.into_iter().filter(|moved| moved.kind != MovementKind::Charge).collect();
        let mut besides = moved.iter().filter(|moved| moved.kind != MovementKind::Payout);
        let is_taken = |moved: &Movement| moved.id.starts_with(|first: char| first.is_ascii_hexdigit());
        assert!(!besides.any(is_taken), "an id that another payout may have: {moved:?}");
        moved
    }
}

fn request(receiver: &str, cents: i64) -> DisbursementRequest {
    DisbursementRequest {
        payout_id: PayoutId::new(),
        receiver: receiver.to_owned(),
        amount: Money::new(cents, Currency::EUR),
        refusals: 0,
        unknown_for: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_arrives_is_told_and_stands_in_the_statement_with_its_fee() {
    let scene = Scene::set().await;
    let wanted = request("studio@example.com", 4_000);
    let sent = scene.payer().disburse(wanted.clone()).await.unwrap();
    assert_eq!((sent.progress, scene.now(&sent).await.progress), (PayoutProgress::Pending, PayoutProgress::Pending));
    assert_eq!(scene.moved().await, [], "it is only set aside");
    scene.sandbox.advance(60).await;
    let told = scene.told(wanted.payout_id, PayoutProgress::Paid).await;
    assert_eq!((&told, told.amount), (&scene.now(&sent).await, wanted.amount));
    let moved = scene.moved().await;
    let kinds: Vec<_> = moved.iter().map(|moved| (moved.kind, moved.amount.amount)).collect();
    assert_eq!(kinds, [(MovementKind::Payout, -4_000), (MovementKind::Fee, -80)]);
    assert_eq!(moved[0].reference, Some(wanted.payout_id.to_string()));
    assert_eq!((&moved[0].source, moved[1].source.as_ref()), (&told.movement_id, told.movement_id.as_ref()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_claims_waits_and_comes_back_after_thirty_days() {
    let scene = Scene::set().await;
    let wanted = request("unclaimed@example.com", 4_000);
    let sent = scene.payer().disburse(wanted.clone()).await.unwrap();
    scene.sandbox.advance(29 * DAY).await;
    let waiting = scene.now(&sent).await;
    assert_eq!(waiting.progress, PayoutProgress::Pending);
    assert_eq!(waiting.failure.unwrap().code, "receiver_unregistered");
    scene.sandbox.advance(2 * DAY).await;
    let back = scene.told(wanted.payout_id, PayoutProgress::Failed).await;
    assert_eq!(back.failure.unwrap().code, "returned");
    let moved = scene.moved().await;
    let back: Vec<_> = moved.iter().filter(|moved| moved.kind == MovementKind::PayoutReturn).collect();
    assert_eq!((back.len(), back[0].amount.amount, &back[0].source), (1, 4_000, &waiting.movement_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_decides_and_somebody_may_decide_at_once() {
    for (receiver, outcomes, progress, code) in [
        ("fails@example.com", &[][..], PayoutProgress::Failed, Some("receiver_account_locked")),
        ("studio@example.com", &["paid"][..], PayoutProgress::Paid, None),
        ("studio@example.com", &["paid", "failed"][..], PayoutProgress::Failed, Some("refunded")),
        ("studio@example.com", &["failed"][..], PayoutProgress::Failed, Some("receiver_account_locked")),
    ] {
        let scene = Scene::set().await;
        let wanted = request(receiver, 4_000);
        let sent = scene.payer().disburse(wanted.clone()).await.unwrap();
        for outcome in outcomes {
            let path = format!("/sandbox/payouts/{}/settle", wanted.payout_id);
            let settled = scene.sandbox.post(&path).json(json!({"outcome": outcome})).send().await;
            assert_eq!(settled.status.as_u16(), 204, "{receiver} {outcome}");
        }
        scene.sandbox.advance(60).await;
        let now = scene.now(&sent).await;
        let found = now.failure.map(|failure| failure.code);
        assert_eq!((now.progress, found.as_deref()), (progress, code), "{receiver} {outcomes:?}");
        scene.told(wanted.payout_id, progress).await;
    }
}

async fn post(scene: &Scene, key: &str, id: &str) -> Value {
    let item = json!({
        "recipient_type": "EMAIL", "receiver": "studio@example.com", "sender_item_id": id.split('-').next(),
        "amount": {"currency": "EUR", "value": "10.00"},
    });
    let batch = json!({"sender_batch_header": {"sender_batch_id": id}, "items": [item]});
    let request = scene.sandbox.post("/paypal/v1/payments/payouts").bearer("A21AAtest");
    request.header("PayPal-Request-Id", key).json(batch).send().await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_sent_once_whatever_becomes_of_keys() {
    let scene = Scene::set().await;
    let wanted = request("studio@example.com", 1_000);
    scene.sandbox.fault(json!({"provider": "paypal", "status": 504, "path": "/payouts", "after_the_work": true})).await;
    let lost = scene.payer().disburse(wanted.clone()).await.unwrap_err();
    assert!(lost.outcome_is_unknown(), "{lost}");
    let sent = scene.payer().disburse(wanted.clone()).await.unwrap();

    // PayPal does not know the key any more.
    let other = post(&scene, "another key", &format!("{}-0", wanted.payout_id)).await;
    assert_eq!(other["name"], "USER_BUSINESS_ERROR", "{other}");
    let address = other["details"][0]["link"][0]["href"].as_str().unwrap();
    assert!(address.ends_with(&sent.provider_payout_id), "{address}");
    let ours = PayoutId::new();
    let made = post(&scene, "not ours", &format!("{ours}-0")).await;
    let found = scene.payer().disburse(DisbursementRequest { payout_id: ours, ..wanted.clone() }).await.unwrap();
    assert_eq!(made["batch_header"]["payout_batch_id"], found.provider_payout_id.as_str());

    // Once refused, it is another try.
    scene.payer().disburse(DisbursementRequest { refusals: 1, ..wanted.clone() }).await.unwrap();
    let forgotten = SignedDuration::from_hours(30 * 24);
    let late = DisbursementRequest { refusals: 2, unknown_for: Some(forgotten), ..wanted };
    assert!(scene.payer().disburse(late).await.unwrap_err().outcome_is_unknown());
    scene.sandbox.advance(60).await;
    assert_eq!(scene.moved().await.iter().filter(|moved| moved.kind == MovementKind::Payout).count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_does_not_have_is_not_sent_and_no_bad_address_is_taken() {
    let scene = Scene::set().await;
    // Two percent go on top.
    let too_much = scene.payer().disburse(request("studio@example.com", 8_900)).await.unwrap_err();
    assert!(too_much.is_lack_of_balance(), "{too_much}");
    for receiver in ["studio", "studio@example", "a b@example.com", &format!("{}@example.com", "x".repeat(127))] {
        let refused = scene.payer().disburse(request(receiver, 100)).await.unwrap_err();
        let is_invalid =
            matches!(&refused, ProviderError::InvalidRequest(failure) if failure.code == "validation_error");
        assert!(is_invalid, "{receiver}: {refused}");
    }
    scene.payer().disburse(request("studio@example.com", 8_000)).await.unwrap();
    let rest = scene.payer().disburse(request("studio@example.com", 1_000)).await.unwrap_err();
    assert!(rest.is_lack_of_balance(), "what is pending is spent: {rest}");
}
