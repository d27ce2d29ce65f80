//! Debits from bank accounts that a browser confirms: days on their way, then made, or failed.

use kernel::{Currency, Money, PaymentId};
use providers::{CaptureMode, ExpireOutcome, MethodKinds, PaymentStatus, ProviderEvent, SessionRequest, SessionStatus};
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::TestResponse;

use crate::harness::{SUCCESS, TestSandbox};

const PAYS: &str = "DE89 3704 0044 0532 0130 00";
const PAYS_TOO: &str = "AT611904300234573201";
const FAILS: &str = "DE62370400440532013001";
const DAY: i64 = 24 * 3_600;

/// A payment that waits for its customer: ours, and the provider's id of it.
struct Waiting {
    payment_id: PaymentId,
    id: String,
}

impl TestSandbox {
    async fn awaited(&self, request: SessionRequest) -> Waiting {
        let payment_id = request.payment_id;
        let id = self.stripe.elements().unwrap().create_intent(&request).await.unwrap();
        Waiting { payment_id, id }
    }

    async fn balance(&self) -> Waiting {
        let request = SessionRequest { methods: MethodKinds::Delayed, ..self.session_request(PaymentId::new()) };
        self.awaited(request).await
    }

    /// What Stripe.js sends when the customer has typed an IBAN, or what else there is to say.
    async fn confirm_with(&self, waiting: &Waiting, method: &str) -> TestResponse {
        let secret = self.stripe.elements().unwrap().client_secret(&waiting.id).await.unwrap();
        let form = format!("key=pk_test_1&client_secret={}&{method}", secret.expose_secret());
        self.form(&format!("/stripe/v1/payment_intents/{}/confirm", waiting.id), &form).send().await
    }

    async fn debit(&self, waiting: &Waiting, iban: &str) -> TestResponse {
        let method = format!(
            "payment_method_data[type]=sepa_debit&payment_method_data[sepa_debit][iban]={iban}\
             &payment_method_data[billing_details][name]=Ada&payment_method_data[billing_details][email]=ada@example.com\
             &mandate_data[customer_acceptance][type]=online&return_url=http://127.0.0.1:8080/paid"
        );
        self.confirm_with(waiting, &method).await
    }

    async fn becomes(&self, waiting: &Waiting) -> (SessionStatus, PaymentStatus) {
        let state = self.stripe.retrieve_session(&waiting.id).await.unwrap();
        (state.status, state.payment.status)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_is_on_its_way_for_five_days_and_then_made() {
    let sandbox = TestSandbox::start().await;
    for (iban, last4) in [(PAYS, "3000"), (PAYS_TOO, "3201")] {
        let waiting = sandbox.balance().await;
        let confirmed = sandbox.debit(&waiting, iban).await.expect(200);
        assert_eq!(
            (&confirmed["status"], &confirmed["payment_method_types"]),
            (&json!("processing"), &json!(["card", "sepa_debit"]))
        );
        assert_eq!(sandbox.becomes(&waiting).await, (SessionStatus::Complete, PaymentStatus::Processing));
        sandbox
            .told("that it is on its way", |event| {
                matches!(event, ProviderEvent::PaymentProcessing(told) if told.payment_id == waiting.payment_id)
                    .then_some(())
            })
            .await;
        // Neither confirmed again nor given up meanwhile.
        let again = sandbox.debit(&waiting, iban).await.expect(400);
        assert_eq!(again["error"]["code"], "payment_intent_unexpected_state");
        let body = json!({"card": SUCCESS});
        let path = format!("/sandbox/checkout/{}/complete", waiting.payment_id);
        sandbox.post(&path).json(body).send().await.expect(409);
        assert_eq!(sandbox.stripe.expire_session(&waiting.id).await.unwrap(), ExpireOutcome::AlreadyComplete);
        let cancel = format!("/stripe/v1/payment_intents/{}/cancel", waiting.id);
        sandbox.form(&cancel, "").bearer("sk_test_1").send().await.expect(400);
        sandbox.advance(5 * DAY - 60).await;
        assert_eq!(sandbox.becomes(&waiting).await.1, PaymentStatus::Processing);

        sandbox.advance(120).await;
        let state = sandbox.stripe.retrieve_session(&waiting.id).await.unwrap();
        assert_eq!((state.status, state.payment.status), (SessionStatus::Complete, PaymentStatus::Succeeded));
        assert_eq!(state.payment.amount_received, Money::new(9_000, Currency::EUR));
        let method = state.payment.method.unwrap();
        assert_eq!((method.kind.as_str(), method.last4.as_deref(), method.brand), ("sepa_debit", Some(last4), None));
        let told = sandbox.told("the account", |event| match event {
            ProviderEvent::PaymentSucceeded(told) if told.payment_id == waiting.payment_id => told.method.clone(),
            _ => None,
        });
        assert_eq!(told.await.last4.as_deref(), Some(last4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_that_fails_leaves_the_payment_for_another_try() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.balance().await;
    sandbox.debit(&waiting, FAILS).await.expect(200);
    sandbox.advance(5 * DAY + 60).await;
    let state = sandbox.stripe.retrieve_session(&waiting.id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Open, PaymentStatus::Failed));
    assert_eq!(state.payment.failure.unwrap().code, "insufficient_funds");
    let told = sandbox.told("the failure", |event| match event {
        ProviderEvent::PaymentFailed(told) if told.payment_id == waiting.payment_id => Some(told.failure.code.clone()),
        _ => None,
    });
    assert_eq!(told.await, "insufficient_funds");
    let paid = format!("payment_method_data[type]=card&payment_method_data[card][number]={SUCCESS}");
    assert_eq!(sandbox.confirm_with(&waiting, &paid).await.expect(200)["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_is_refused_where_it_was_not_allowed() {
    let sandbox = TestSandbox::start().await;
    let at_once = sandbox.session_request(PaymentId::new());
    let held = SessionRequest { capture: CaptureMode::Manual, ..sandbox.session_request(PaymentId::new()) };
    let delayed = SessionRequest { methods: MethodKinds::Delayed, ..sandbox.session_request(PaymentId::new()) };
    let pounds = SessionRequest { amount: Money::new(9_000, Currency::GBP), ..delayed };
    for request in [at_once, held, pounds] {
        let waiting = sandbox.awaited(request).await;
        let refused = sandbox.debit(&waiting, PAYS).await.expect(400);
        assert_eq!(refused["error"]["param"], "payment_method_data[type]", "{refused}");
        assert_eq!(sandbox.becomes(&waiting).await, (SessionStatus::Open, PaymentStatus::Unpaid));
        // Cards are, and with them wallets.
        let card = format!("payment_method_data[type]=card&payment_method_data[card][number]={SUCCESS}");
        sandbox.confirm_with(&waiting, &card).await.expect(200);
    }
    let waiting = sandbox.balance().await;
    let unknown = sandbox.debit(&waiting, "DE00").await.expect(400);
    assert_eq!(unknown["error"]["param"], "payment_method_data[sepa_debit][iban]");
    for method in ["payment_method_data[type]=sepa_debit", "payment_method_data[type]=ideal"] {
        sandbox.confirm_with(&waiting, method).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_has_the_number_of_an_account() {
    let sandbox = TestSandbox::start().await;
    let waiting = sandbox.balance().await;
    sandbox.debit(&waiting, FAILS).await.expect(200);
    sandbox.advance(5 * DAY + 60).await;
    sandbox.told("the failure", |event| matches!(event, ProviderEvent::PaymentFailed(_)).then_some(())).await;
    let hook: serde_json::Value = testkit::client().get(&sandbox.hook.url).send().await.unwrap().json().await.unwrap();
    assert!(hook.to_string().contains("sepa_debit") && !hook.to_string().contains(FAILS));
    let intent = sandbox.get(&format!("/stripe/v1/payment_intents/{}", waiting.id)).bearer("sk_test_1");
    assert!(!intent.send().await.expect(200).to_string().contains(FAILS));
}
