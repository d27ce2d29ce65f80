//! Saving a card and charging it, as async-stripe sees it.

use kernel::{Currency, MethodSetupId, Money, PaymentId, UserId};
use providers::{
    ChargeRequest, ExpireOutcome, MethodProvider, PaymentStatus, Presence, ProviderError, ProviderEvent, SessionStatus,
    SetupRequest, SetupStatus,
};
use secrecy::SecretString;
use serde_json::json;

use crate::harness::{NO_FUNDS, SUCCESS, TestSandbox};

const DECLINES_CHARGES: &str = "4000000000000341";
const ALWAYS_ASKS: &str = "4000002760003184";

impl TestSandbox {
    fn methods(&self) -> &dyn MethodProvider {
        self.stripe.methods().unwrap()
    }

    /// The page of a new customer.
    async fn setup(&self) -> (MethodSetupId, String, String) {
        let provider_customer_id = self.methods().create_customer(UserId::new()).await.unwrap();
        let request = setup_request(&provider_customer_id);
        let setup_id = request.setup_id;
        let page = self.methods().create_setup(request).await.unwrap();
        (setup_id, provider_customer_id, page.provider_setup_id)
    }

    pub async fn saved(&self, card: &str) -> (String, SecretString) {
        let (setup_id, customer, page) = self.setup().await;
        let outcome = self.complete(&setup_id.to_string(), card, json!({})).await;
        if outcome == "requires_action" {
            let path = format!("/sandbox/checkout/{page}/authenticate");
            self.post(&path).json(json!({"approve": true})).send().await.expect(200);
        }
        let state = self.methods().retrieve_setup(&page).await.unwrap();
        let SetupStatus::Complete(given) = state.status else { panic!("{state:?}") };
        assert_eq!(given.summary.last4.as_deref(), card.get(card.len() - 4..));
        (customer, given.token)
    }

    fn charge(&self, (customer, token): &(String, SecretString), presence: Presence) -> ChargeRequest {
        ChargeRequest {
            session: self.session_request(PaymentId::new()),
            provider_customer_id: customer.clone(),
            token: token.clone(),
            presence,
        }
    }
}

fn setup_request(provider_customer_id: &str) -> SetupRequest {
    SetupRequest {
        setup_id: MethodSetupId::new(),
        provider_customer_id: provider_customer_id.to_owned(),
        success_url: "https://example.com/ok".parse().unwrap(),
        cancel_url: "https://example.com/no".parse().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_saved_without_paying_and_charged_later() {
    let sandbox = TestSandbox::start().await;
    let (setup_id, _, page) = sandbox.setup().await;
    assert!(matches!(sandbox.methods().retrieve_setup(&page).await.unwrap().status, SetupStatus::Open));
    assert_eq!(sandbox.complete(&page, NO_FUNDS, json!({})).await, "declined");
    let state = sandbox.methods().retrieve_setup(&page).await.unwrap();
    assert_eq!(state.failure.unwrap().code, "insufficient_funds");
    let told = sandbox.told("the page", |event| match event {
        ProviderEvent::SetupMoved(told) => Some(told.setup_id),
        _ => None,
    });
    assert_eq!(told.await, setup_id);

    let saved = sandbox.saved(SUCCESS).await;
    let request = sandbox.charge(&saved, Presence::OffSession);
    let id = sandbox.methods().prepare_charge(&request).await.unwrap();
    assert_eq!(sandbox.methods().prepare_charge(&request).await.unwrap(), id);
    assert_eq!(sandbox.stripe.retrieve_session(&id).await.unwrap().status, SessionStatus::Open);
    for _ in 0..2 {
        let made = sandbox.methods().make_charge(&id, &request).await.unwrap();
        assert_eq!((made.state.payment.status, made.confirm_url), (PaymentStatus::Succeeded, None));
    }
    let state = sandbox.stripe.retrieve_session(&id).await.unwrap();
    assert_eq!(state.payment.amount_received, Money::new(9000, Currency::EUR));
    assert_eq!(sandbox.stripe.expire_session(&id).await.unwrap(), ExpireOutcome::AlreadyComplete);
    let paid = sandbox.told("the payment", |event| match event {
        ProviderEvent::PaymentSucceeded(told) => Some(told.payment_id),
        _ => None,
    });
    assert_eq!(paid.await, request.session.payment_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_declines_or_wants_to_hear_the_customer() {
    let sandbox = TestSandbox::start().await;
    let saved = sandbox.saved(DECLINES_CHARGES).await;
    let request = sandbox.charge(&saved, Presence::OnSession);
    let id = sandbox.methods().prepare_charge(&request).await.unwrap();
    for _ in 0..2 {
        let declined = sandbox.methods().make_charge(&id, &request).await.unwrap_err();
        assert!(
            matches!(&declined, ProviderError::Declined(failure) if failure.code == "generic_decline"),
            "{declined}"
        );
    }
    let state = sandbox.stripe.retrieve_session(&id).await.unwrap();
    assert_eq!((state.status, state.payment.status), (SessionStatus::Complete, PaymentStatus::Failed));

    let saved = sandbox.saved(ALWAYS_ASKS).await;
    let request = sandbox.charge(&saved, Presence::OffSession);
    let id = sandbox.methods().prepare_charge(&request).await.unwrap();
    let declined = sandbox.methods().make_charge(&id, &request).await.unwrap_err();
    assert!(matches!(&declined, ProviderError::Declined(failure) if failure.code == "authentication_required"));

    let request = sandbox.charge(&saved, Presence::OnSession);
    let id = sandbox.methods().prepare_charge(&request).await.unwrap();
    let asked = sandbox.methods().make_charge(&id, &request).await.unwrap();
    assert!(asked.confirm_url.unwrap().path().ends_with("/authenticate"));
    let path = format!("/sandbox/checkout/{}/authenticate", request.session.payment_id);
    assert_eq!(sandbox.post(&path).json(json!({"approve": true})).send().await.expect(200)["outcome"], "succeeded");
    let state = sandbox.stripe.retrieve_session(&id).await.unwrap();
    assert_eq!(state.payment.status, PaymentStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_not_charged() {
    let sandbox = TestSandbox::start().await;
    let saved = sandbox.saved(SUCCESS).await;
    let request = sandbox.charge(&saved, Presence::OnSession);
    let id = sandbox.methods().prepare_charge(&request).await.unwrap();
    // There is no page on which somebody else could pay it.
    let path = format!("/sandbox/checkout/{}/complete", request.session.payment_id);
    sandbox.post(&path).json(json!({"card": SUCCESS})).send().await.expect(404);
    assert_eq!(sandbox.stripe.expire_session(&id).await.unwrap(), ExpireOutcome::Expired);
    assert_eq!(sandbox.stripe.expire_session(&id).await.unwrap(), ExpireOutcome::AlreadyExpired);
    let given_up = sandbox.methods().make_charge(&id, &request).await.unwrap();
    assert_eq!(given_up.state.status, SessionStatus::Expired);

    for _ in 0..2 {
        sandbox.methods().detach_method(&saved.1).await.unwrap();
    }
    sandbox
        .told("the card", |event| {
            matches!(event, ProviderEvent::MethodChanged(told) if told.now.is_none()).then_some(())
        })
        .await;
    let gone = sandbox.methods().prepare_charge(&sandbox.charge(&saved, Presence::OnSession)).await.unwrap_err();
    assert!(matches!(gone, ProviderError::InvalidRequest(_)), "{gone}");
    sandbox.methods().update_customer(&saved.0, "ada@example.com").await.unwrap();
    for _ in 0..2 {
        sandbox.methods().delete_customer(&saved.0).await.unwrap();
    }
    let page = sandbox.methods().create_setup(setup_request(&saved.0)).await.unwrap_err();
    assert!(matches!(page, ProviderError::NotFound(_)), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_saves_a_card_on_the_page() {
    let sandbox = TestSandbox::start().await;
    let (_, _, page) = sandbox.setup().await;
    let path = format!("/checkout/{page}");
    let form = sandbox.get(&path).send().await.text;
    assert!(form.contains("Nothing is charged now") && form.contains("Save the card"), "{form}");
}
