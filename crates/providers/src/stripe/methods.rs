//! Customers, setup sessions and saved methods: <https://docs.stripe.com/payments/save-and-reuse>.

use std::collections::HashMap;

use jiff::Timestamp;
use kernel::UserId;
use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes, CreateCheckoutSessionSetupIntentData,
    RetrieveCheckoutSession,
};
use stripe_core::customer::{CreateCustomer, DeleteCustomer, UpdateCustomer};
use stripe_payment::payment_method::DetachPaymentMethod;
use stripe_shared::{CheckoutSession, CheckoutSessionMode, PaymentMethod, SetupIntent};
use stripe_types::{Currency, Expandable};

use super::{
    checked_id, errors,
    errors::provider_error,
    once_under,
    states::{session_status, unreadable},
};
use crate::{
    GivenMethod, MethodSummary, ProviderError, SessionStatus, SetupPage, SetupRequest, SetupState, SetupStatus,
};

pub async fn create_customer(client: &Client, user_id: UserId) -> Result<String, ProviderError> {
    let strategy = once_under(&format!("customer:{user_id}"))?;
    let call = CreateCustomer::new().metadata(HashMap::from([("user_id".to_owned(), user_id.to_string())]));
    let customer = call.customize().request_strategy(strategy).send(client).await.map_err(provider_error)?;
    Ok(customer.id.to_string())
}

pub async fn update_customer(client: &Client, id: &str, email: &str) -> Result<(), ProviderError> {
    UpdateCustomer::new(checked_id(id)?).email(email).send(client).await.map_err(provider_error)?;
    Ok(())
}

pub async fn delete_customer(client: &Client, id: &str) -> Result<(), ProviderError> {
    gone_is_fine(DeleteCustomer::new(checked_id(id)?).send(client).await.map(drop).map_err(provider_error))
}

pub async fn detach_method(client: &Client, token: &SecretString) -> Result<(), ProviderError> {
    let call = DetachPaymentMethod::new(checked_id(token.expose_secret())?);
    match gone_is_fine(call.send(client).await.map(drop).map_err(provider_error)) {
        // Stripe's answer for one that belongs to nobody any more.
        Err(ProviderError::InvalidRequest(failure)) if failure.message.contains("not attached") => Ok(()),
        other => other,
    }
}

fn gone_is_fine(answer: Result<(), ProviderError>) -> Result<(), ProviderError> {
    match answer {
        Err(ProviderError::NotFound(_)) => Ok(()),
        other => other,
    }
}

pub async fn create_setup(client: &Client, request: SetupRequest) -> Result<SetupPage, ProviderError> {
    let strategy = once_under(&format!("setup:{}", request.setup_id))?;
    let call = setup_call(request).customize().request_strategy(strategy);
    let session = call.send(client).await.map_err(provider_error)?;
    let url = session.url.as_deref().ok_or_else(|| unreadable("a session without a page"))?;
    Ok(SetupPage {
        url: url.parse().map_err(|_| unreadable("a page without a readable address"))?,
        expires_at: Timestamp::from_second(session.expires_at).ok(),
        provider_setup_id: session.id.to_string(),
    })
}

fn setup_call(request: SetupRequest) -> CreateCheckoutSession {
    let setup_id = request.setup_id.to_string();
    let mut intent = CreateCheckoutSessionSetupIntentData::new();
    intent.metadata = Some(HashMap::from([("setup_id".to_owned(), setup_id.clone())]));
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Setup)
        // Stripe wants one to choose what it offers by; cards are good in every currency.
        .currency(Currency::EUR)
        .allowed_payment_method_types(vec![CreateCheckoutSessionAllowedPaymentMethodTypes::Card])
        .customer(request.provider_customer_id)
        .client_reference_id(setup_id)
        .setup_intent_data(intent)
        .success_url(request.success_url)
        .cancel_url(request.cancel_url)
}

pub async fn retrieve_setup(client: &Client, id: &str) -> Result<SetupState, ProviderError> {
    let expand = ["setup_intent", "setup_intent.payment_method"].map(str::to_owned);
    let call = RetrieveCheckoutSession::new(checked_id(id)?).expand(expand);
    setup_state(&call.send(client).await.map_err(provider_error)?)
}

fn setup_state(session: &CheckoutSession) -> Result<SetupState, ProviderError> {
    let intent = session.setup_intent.as_ref().and_then(Expandable::as_object);
    let failure = intent.and_then(|intent| intent.last_setup_error.as_deref()).map(errors::failure);
    let status = match session_status(session)? {
        SessionStatus::Complete => SetupStatus::Complete(given(intent)?),
        SessionStatus::Expired => SetupStatus::Expired,
        SessionStatus::Open | SessionStatus::Approved => SetupStatus::Open,
    };
    Ok(SetupState { status, failure })
}

fn given(intent: Option<&SetupIntent>) -> Result<GivenMethod, ProviderError> {
    let method = intent.and_then(|intent| intent.payment_method.as_ref()).and_then(Expandable::as_object);
    let method = method.ok_or_else(|| unreadable("a complete setup without a method"))?;
    Ok(GivenMethod { token: SecretString::from(method.id.to_string()), summary: summary(method) })
}

fn summary(method: &PaymentMethod) -> MethodSummary {
    let card = method.card.as_ref();
    MethodSummary {
        kind: method.type_.as_str().to_owned(),
        brand: card.map(|card| card.brand.clone()),
        last4: card.map(|card| card.last4.clone()),
        exp_month: card.and_then(|card| u8::try_from(card.exp_month).ok()),
        exp_year: card.and_then(|card| u16::try_from(card.exp_year).ok()),
    }
}
