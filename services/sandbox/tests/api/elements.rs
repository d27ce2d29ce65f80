//! Payments that a browser confirms, as Stripe.js does it: with a publishable key and the secret of the one payment.

use kernel::{Currency, Money, PaymentId};
use providers::{
    CaptureMode, ElementsProvider, ExpireOutcome, PaymentStatus, ProviderError, ProviderEvent, SessionRequest,
    SessionStatus,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::harness::{AUTHENTICATION, NO_FUNDS, SUCCESS, TestSandbox};

/// A payment that waits for its customer: ours, the provider's id of it, and what the client was given.
struct Waiting {
    payment_id: PaymentId,
    id: String,
    secret: String,
}

impl TestSandbox {
    fn elements(&self) -> &dyn ElementsProvider {
        self.stripe.elements().unwrap()
    }

    async fn waiting(&self, capture: CaptureMode) -> Waiting {
        let payment_id = PaymentId::new();
        let request = SessionRequest { capture, ..self.session_request(payment_id) };
        let id = self.elements().create_intent(&request).await.unwrap();
        assert_eq!(self.elements().create_intent(&request).await.unwrap(), id, "the same payment again");
        let secret = self.elements().client_secret(&id).await.unwrap().expose_secret().to_owned();
        assert!(secret.starts_with(&format!("{id}_secret_")));
        Waiting { payment_id, id, secret }
    }

    /// What Stripe.js sends when the customer has typed a card.
    async fn confirm(&self, waiting: &Waiting, secret: &str, card: &str) -> TestResponse {
        let form = format!(
            "key=pk_test_1&client_secret={secret}&return_url=http://127.0.0.1:8080/paid&use_stripe_sdk=true\
             &payment_method_data[type]=card&payment_method_data[card][number]={card}\
             &payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=34\
             &payment_method_data[card][cvc]=123"
        );
        self.form(&format!("/stripe/v1/payment_intents/{}/confirm", waiting.id), &form).send().await
    }

    async fn state(&self, waiting: &Waiting) -> (SessionStatus, PaymentStatus) {
        let state = self.stripe.retrieve_session(&waiting.id).await.unwrap();
        (state.status, state.payment.status)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_pays_after_a_decline_and_is_believed_once() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.waiting(CaptureMode::Automatic).await;
    assert_eq!(sandbox.state(&waiting).await, (SessionStatus::Open, PaymentStatus::Unpaid));
    let declined = sandbox.confirm(&waiting, &waiting.secret, NO_FUNDS).await.expect(402);
    assert_eq!(declined["error"]["decline_code"], "insufficient_funds");
    // Open for another card, unlike the charge of a saved one.
    assert_eq!(sandbox.state(&waiting).await, (SessionStatus::Open, PaymentStatus::Failed));
    let unknown = sandbox.confirm(&waiting, &waiting.secret, "4000000000000001").await.expect(402);
    assert_eq!(unknown["error"]["code"], "incorrect_number");

    let paid = sandbox.confirm(&waiting, &waiting.secret, SUCCESS).await.expect(200);
    assert_eq!((&paid["status"], paid.get("metadata")), (&json!("succeeded"), None), "nothing of ours is shown");
    let again = sandbox.confirm(&waiting, &waiting.secret, SUCCESS).await.expect(400);
    assert_eq!(again["error"]["code"], "payment_intent_unexpected_state");
    let state = sandbox.stripe.retrieve_session(&waiting.id).await.unwrap();
    assert_eq!(state.payment.amount_received, Money::new(9_000, Currency::EUR));
    assert_eq!(state.payment.method.unwrap().last4.as_deref(), Some("4242"));
    assert_eq!(sandbox.stripe.expire_session(&waiting.id).await.unwrap(), ExpireOutcome::AlreadyComplete);
    let told = sandbox.told("the payment", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => Some(told.payment_id),
        _ => None,
    });
    assert_eq!(told.await, waiting.payment_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_asks_the_customer_and_they_come_back_to_the_client() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.waiting(CaptureMode::Automatic).await;
    let asked = sandbox.confirm(&waiting, &waiting.secret, AUTHENTICATION).await.expect(200);
    assert_eq!(
        (&asked["status"], &asked["next_action"]["type"]),
        (&json!("requires_action"), &json!("redirect_to_url"))
    );
    let bank: url::Url = asked["next_action"]["redirect_to_url"]["url"].as_str().unwrap().parse().unwrap();
    let refused = sandbox.form(bank.path(), "answer=refuse").send().await;
    assert_eq!(refused.status.as_u16(), 303);
    assert_eq!(sandbox.state(&waiting).await, (SessionStatus::Open, PaymentStatus::Failed));
    sandbox.confirm(&waiting, &waiting.secret, AUTHENTICATION).await.expect(200);
    let approved = sandbox.form(bank.path(), "answer=approve").send().await;
    assert_eq!(approved.headers["location"], "http://127.0.0.1:8080/paid");
    // The client looks what became of it.
    let path = format!("/stripe/v1/payment_intents/{}?key=pk_test_1&client_secret=", waiting.id);
    let seen = sandbox.get(&format!("{path}{}", waiting.secret)).send().await.expect(200);
    assert_eq!(seen["status"], "succeeded");
    sandbox.get(&format!("{path}guessed")).send().await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_or_is_somebody_elses_cannot_be_confirmed() {
    let sandbox = TestSandbox::start().await;
    let (given_up, other) =
        (sandbox.waiting(CaptureMode::Automatic).await, sandbox.waiting(CaptureMode::Automatic).await);
    for secret in [other.secret.as_str(), "guessed", ""] {
        let refused = sandbox.confirm(&given_up, secret, SUCCESS).await.expect(400);
        assert_eq!(refused["error"]["param"], "client_secret");
    }
    for outcome in [ExpireOutcome::Expired, ExpireOutcome::AlreadyExpired] {
        assert_eq!(sandbox.stripe.expire_session(&given_up.id).await.unwrap(), outcome);
    }
    sandbox.confirm(&given_up, &given_up.secret, SUCCESS).await.expect(400);
    let path = format!("/sandbox/checkout/{}/complete", given_up.payment_id);
    sandbox.post(&path).json(json!({"card": SUCCESS})).send().await.expect(410);
    assert_eq!(sandbox.state(&given_up).await, (SessionStatus::Expired, PaymentStatus::Canceled));
    sandbox
        .told("that it was given up", |event| {
            matches!(event, ProviderEvent::PaymentCanceled(told) if told.payment_id == given_up.payment_id)
                .then_some(())
        })
        .await;
    // Without a browser, by either id.
    assert_eq!(sandbox.complete(&other.id, SUCCESS, json!({})).await, "succeeded");
    let unknown = sandbox.elements().client_secret("pi_unknown").await.unwrap_err();
    assert!(matches!(unknown, ProviderError::NotFound(_)), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publishable_key_does_nothing_else_and_the_platform_types_no_cards() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.waiting(CaptureMode::Automatic).await;
    let refund = sandbox.form("/stripe/v1/refunds", &format!("payment_intent={}", waiting.id)).bearer("pk_test_1");
    refund.send().await.expect(401);
    sandbox.get(&format!("/stripe/v1/payment_intents/{}", waiting.id)).bearer("pk_test_1").send().await.expect(400);
    let path = format!("/stripe/v1/payment_intents/{}/confirm", waiting.id);
    let typed = "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242";
    let refused = sandbox.form(&path, typed).bearer("sk_test_1").send().await.expect(400);
    assert_eq!(refused["error"]["param"], "payment_method_data");
    sandbox.form(&path, typed).send().await.expect(401);
    assert_eq!(sandbox.state(&waiting).await, (SessionStatus::Open, PaymentStatus::Unpaid));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_held_when_a_browser_confirms_and_captured_later() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.waiting(CaptureMode::Manual).await;
    let held = sandbox.confirm(&waiting, &waiting.secret, SUCCESS).await.expect(200);
    assert_eq!(held["status"], "requires_capture");
    let state = sandbox.state(&waiting).await;
    assert!(matches!(state, (SessionStatus::Complete, PaymentStatus::Authorized(_))), "{state:?}");
    assert_eq!(sandbox.stripe.expire_session(&waiting.id).await.unwrap(), ExpireOutcome::AlreadyComplete);
    assert!(matches!(sandbox.state(&waiting).await.1, PaymentStatus::Authorized(_)), "it is held still");
    sandbox.stripe.holds().unwrap().release(&waiting.id).await.unwrap();
    assert_eq!(sandbox.state(&waiting).await.1, PaymentStatus::Canceled);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_of_a_payment_has_its_secret_once_it_is_kept() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.waiting(CaptureMode::Automatic).await;
    sandbox.confirm(&waiting, &waiting.secret, SUCCESS).await.expect(200);
    sandbox.told("the payment", |event| matches!(event, ProviderEvent::PaymentSucceeded(_)).then_some(())).await;
    let hook: Value = testkit::client().get(&sandbox.hook.url).send().await.unwrap().json().await.unwrap();
    let bodies: Vec<&str> = hook.as_array().unwrap().iter().filter_map(|delivery| delivery["body"].as_str()).collect();
    assert!(bodies.iter().any(|body| body.contains(&waiting.secret)), "Stripe tells it in its events");
    for body in bodies {
        let kept = sandbox.stripe.without_secrets(body.as_bytes());
        assert!(!String::from_utf8(kept.clone()).unwrap().contains("_secret_"));
        assert_eq!(sandbox.stripe.parse_event(&kept), sandbox.stripe.parse_event(body.as_bytes()));
    }
}
