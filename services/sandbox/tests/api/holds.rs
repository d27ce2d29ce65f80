//! Money that is held on a card, as async-stripe sees it.

use kernel::{Currency, Money, PaymentId};
use providers::{
    CaptureMode, CaptureRequest, ChargeRequest, Held, HoldProvider, MethodProvider, PaymentStatus, Presence,
    ProviderError, ProviderEvent, SessionRequest, SessionState, SessionStatus,
};
use serde_json::json;

use crate::harness::{SUCCESS, TestSandbox};

const WEEK: i64 = 7 * 24 * 3_600;

impl TestSandbox {
    fn holds(&self) -> &dyn HoldProvider {
        self.stripe.holds().unwrap()
    }

    fn hold_request(&self) -> SessionRequest {
        SessionRequest { capture: CaptureMode::Manual, ..self.session_request(PaymentId::new()) }
    }

    /// 90 EUR are held on a saved card: the payment, and the provider's id of it.
    async fn hold(&self) -> (PaymentId, String) {
        let (provider_customer_id, token) = self.saved(SUCCESS).await;
        let (session, presence) = (self.hold_request(), Presence::OffSession);
        let request = ChargeRequest { session, provider_customer_id, token, presence };
        let methods: &dyn MethodProvider = self.stripe.methods().unwrap();
        let id = methods.prepare_charge(&request).await.unwrap();
        let made = methods.make_charge(&id, &request).await.unwrap();
        let until = self.platform.clock.now().as_second() + WEEK;
        let held = held(&made.state);
        assert_eq!((held.amount, made.state.status), (euros(9_000), SessionStatus::Complete));
        assert!((until - held.until.unwrap().as_second()).abs() < 60);
        (request.session.payment_id, id)
    }

    async fn take(&self, (payment_id, id): &(PaymentId, String), cents: i64) -> Result<SessionState, ProviderError> {
        let provider_payment_id = id.clone();
        let request = CaptureRequest { payment_id: *payment_id, provider_payment_id, amount: euros(cents) };
        self.holds().capture(&request).await
    }
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

#[track_caller]
fn held(state: &SessionState) -> Held {
    match state.payment.status {
        PaymentStatus::Authorized(held) => held,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_captured_once_and_the_rest_is_no_refund() {
    let sandbox = TestSandbox::start().await;
    let hold = sandbox.hold().await;
    let too_much = sandbox.take(&hold, 9_001).await.unwrap_err();
    assert!(
        matches!(&too_much, ProviderError::InvalidRequest(failure) if failure.code == "amount_too_large"),
        "{too_much}"
    );
    for _ in 0..2 {
        let taken = sandbox.take(&hold, 4_000).await.unwrap().payment;
        assert_eq!((taken.status, taken.amount_received), (PaymentStatus::Succeeded, euros(4_000)));
    }
    // Another amount is another capture: too late, and told what became of it.
    assert_eq!(sandbox.take(&hold, 5_000).await.unwrap().payment.amount_received, euros(4_000));
    assert_eq!(sandbox.holds().release(&hold.1).await.unwrap().payment.status, PaymentStatus::Succeeded);
    let paid = sandbox.told("the payment", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => Some((told.payment_id, told.amount)),
        _ => None,
    });
    assert_eq!(paid.await, (hold.0, euros(4_000)));
    sandbox.told("the hold", |event| matches!(event, ProviderEvent::PaymentAuthorized(_)).then_some(())).await;
    sandbox
        .told("the release", |event| {
            matches!(event, ProviderEvent::Ignored { event_type } if event_type == "refund.created").then_some(())
        })
        .await;
    let balance = sandbox.get("/stripe/v1/balance").bearer("sk_test_1").send().await.expect(200);
    assert_eq!(balance["available"][0]["amount"], 4_000);
    // No more than was captured goes back.
    let refund = |cents: i64| {
        let form = format!("payment_intent={}&amount={cents}", hold.1);
        sandbox.form("/stripe/v1/refunds", &form).bearer("sk_test_1").send()
    };
    refund(4_001).await.expect(400);
    assert!(refund(4_000).await.expect(200)["balance_transaction"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_let_go_of_or_lapses_is_never_captured() {
    let sandbox = TestSandbox::start().await;
    let (given_up, forgotten) = (sandbox.hold().await, sandbox.hold().await);
    for _ in 0..2 {
        let released = sandbox.holds().release(&given_up.1).await.unwrap();
        assert_eq!((released.status, released.payment.status), (SessionStatus::Expired, PaymentStatus::Canceled));
    }
    assert_eq!(sandbox.take(&given_up, 1).await.unwrap().payment.status, PaymentStatus::Canceled);

    sandbox.advance(WEEK - 60).await;
    held(&sandbox.stripe.retrieve_session(&forgotten.1).await.unwrap());
    sandbox.advance(120).await;
    assert_eq!(sandbox.take(&forgotten, 1).await.unwrap().payment.status, PaymentStatus::Canceled);
    for hold in [given_up, forgotten] {
        sandbox
            .told("the end of it", |event| {
                matches!(event, ProviderEvent::PaymentCanceled(told) if told.payment_id == hold.0).then_some(())
            })
            .await;
    }
    let unknown = sandbox.holds().release("pi_unknown").await.unwrap_err();
    assert!(matches!(unknown, ProviderError::NotFound(_)), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_held_on_a_page_too() {
    let sandbox = TestSandbox::start().await;
    let request = sandbox.hold_request();
    let payment_id = request.payment_id;
    let session = sandbox.stripe.create_session(request).await.unwrap();
    assert_eq!(sandbox.complete(&payment_id.to_string(), SUCCESS, json!({})).await, "succeeded");
    let state = sandbox.stripe.retrieve_session(&session.provider_session_id).await.unwrap();
    assert_eq!(held(&state).amount, euros(9_000));
    let id = state.payment.provider_payment_id.unwrap();
    let (hold_id, until, card) = sandbox
        .told("the hold", |event| match event {
            ProviderEvent::PaymentAuthorized(told) if told.held.until.is_some() => {
                Some((told.provider_payment_id.clone(), told.held.until, told.method.clone()))
            }
            _ => None,
        })
        .await;
    assert_eq!((hold_id, until), (id.clone(), held(&state_of(&sandbox, &id).await).until));
    assert_eq!(card.unwrap().last4.as_deref(), Some("4242"));
    sandbox.take(&(payment_id, id), 9_000).await.unwrap();
    let state = sandbox.stripe.retrieve_session(&session.provider_session_id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Complete, PaymentStatus::Succeeded));
}

async fn state_of(sandbox: &TestSandbox, id: &str) -> SessionState {
    sandbox.stripe.retrieve_session(id).await.unwrap()
}
