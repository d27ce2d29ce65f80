//! Payments without a page of Stripe's: saved methods that are charged (<https://docs.stripe.com/api/payment_intents>), and what
//! clients confirm themselves ([`super::elements`]). To the others such a payment intent is a session like any other, known by
//! its own id.

use std::collections::HashMap;

use secrecy::ExposeSecret;
use stripe::{Client, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CapturePaymentIntent, ConfirmPaymentIntent, ConfirmPaymentIntentOffSession,
    CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, CreatePaymentIntentTransferData, RetrievePaymentIntent,
};
use stripe_shared::{PaymentIntent, PaymentIntentCaptureMethod};

use super::{
    amounts::{stripe_currency, to_stripe},
    checked_id,
    elements::may_be_tried_again,
    errors::provider_error,
    once_under,
    states::payment_state,
};
use crate::{
    CaptureMode, CaptureRequest, ChargeRequest, ExpireOutcome, MethodCharge, PaymentStatus, Presence, ProviderError,
    SessionRequest, SessionState, SessionStatus,
};

const UNEXPECTED_STATE: &str = "payment_intent_unexpected_state";

pub fn is_intent(id: &str) -> bool {
    id.starts_with("pi_")
}

/// An intent that is not confirmed: nothing is taken.
pub async fn prepare(client: &Client, request: &ChargeRequest) -> Result<String, ProviderError> {
    let strategy = once_under(&format!("charge:{}", request.session.payment_id))?;
    let call = charge_call(request)?.customize().request_strategy(strategy);
    Ok(call.send(client).await.map_err(provider_error)?.id.to_string())
}

fn charge_call(request: &ChargeRequest) -> Result<CreatePaymentIntent, ProviderError> {
    let session = &request.session;
    let mut methods = CreatePaymentIntentAutomaticPaymentMethods::new(true);
    // Nobody is there to be sent anywhere.
    if request.presence == Presence::OffSession {
        methods.allow_redirects = Some(CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never);
    }
    // Not in the company's name: the method was saved with ours, and its bank would have to be asked again.
    Ok(unconfirmed(session, metadata(session))?
        .customer(request.provider_customer_id.as_str())
        .payment_method(request.token.expose_secret())
        .automatic_payment_methods(methods))
}

pub fn metadata(session: &SessionRequest) -> HashMap<String, String> {
    let mut metadata: HashMap<_, _> = session.metadata.clone().into_iter().collect();
    metadata.insert("payment_id".to_owned(), session.payment_id.to_string());
    metadata
}

/// What every intent of ours is asked for with.
pub fn unconfirmed(
    session: &SessionRequest,
    metadata: HashMap<String, String>,
) -> Result<CreatePaymentIntent, ProviderError> {
    let call = CreatePaymentIntent::new(to_stripe(session.amount)?, stripe_currency(session.amount.currency)?)
        .description(session.description.as_str())
        .metadata(metadata);
    let call = match session.capture {
        CaptureMode::Automatic => call,
        CaptureMode::Manual => call.capture_method(PaymentIntentCaptureMethod::Manual),
    };
    let Some(destination) = &session.destination else { return Ok(call) };
    let call = call
        .transfer_data(CreatePaymentIntentTransferData::new(checked_id(&destination.account_id)?))
        .transfer_group(session.payment_id.to_string());
    if !destination.application_fee.is_positive() {
        return Ok(call);
    }
    Ok(call.application_fee_amount(to_stripe(destination.application_fee)?))
}

pub async fn confirm(client: &Client, id: &str, request: &ChargeRequest) -> Result<MethodCharge, ProviderError> {
    let strategy = once_under(&format!("confirm:{}", request.session.payment_id))?;
    let call = ConfirmPaymentIntent::new(checked_id(id)?).expand(["latest_charge".to_owned()]);
    let call = match request.presence {
        Presence::OnSession => call.return_url(request.session.success_url.as_str()),
        Presence::OffSession => call.off_session(ConfirmPaymentIntentOffSession::Bool(true)),
    };
    let intent = match call.customize().request_strategy(strategy).send(client).await.map_err(provider_error) {
        Ok(intent) => intent,
        // Done before, and the key forgotten since.
        Err(ProviderError::InvalidRequest(failure)) if failure.code == UNEXPECTED_STATE => fetch(client, id).await?,
        Err(error) => return Err(error),
    };
    let redirect = intent.next_action.as_ref().and_then(|action| action.redirect_to_url.as_ref());
    let confirm_url = redirect.and_then(|redirect| redirect.url.as_deref()?.parse().ok());
    Ok(MethodCharge { confirm_url, state: state(&intent)? })
}

pub async fn retrieve(client: &Client, id: &str) -> Result<SessionState, ProviderError> {
    state(&fetch(client, id).await?)
}

async fn fetch(client: &Client, id: &str) -> Result<PaymentIntent, ProviderError> {
    let call = RetrievePaymentIntent::new(checked_id(id)?).expand(["latest_charge".to_owned()]);
    call.send(client).await.map_err(provider_error)
}

/// Stripe answers 400 for an intent that cannot be cancelled, whatever it is instead, so a refusal is looked into.
pub async fn cancel(client: &Client, id: &str) -> Result<ExpireOutcome, ProviderError> {
    // The customer's part is done. To cancel what is held would be to let go of it, and a debit on its way may be stopped or
    // not: it is waited for.
    let status = retrieve(client, id).await?.payment.status;
    if matches!(status, PaymentStatus::Authorized(_) | PaymentStatus::Processing) {
        return Ok(ExpireOutcome::AlreadyComplete);
    }
    let refusal = match CancelPaymentIntent::new(checked_id(id)?).send(client).await.map_err(provider_error) {
        Ok(_) => return Ok(ExpireOutcome::Expired),
        Err(refusal @ ProviderError::InvalidRequest(_)) => refusal,
        Err(error) => return Err(error),
    };
    match state(&fetch(client, id).await?)?.status {
        SessionStatus::Expired => Ok(ExpireOutcome::AlreadyExpired),
        SessionStatus::Complete => Ok(ExpireOutcome::AlreadyComplete),
        SessionStatus::Open | SessionStatus::Approved => Err(refusal),
    }
}

pub async fn capture(client: &Client, request: &CaptureRequest) -> Result<SessionState, ProviderError> {
    let CaptureRequest { payment_id, provider_payment_id: id, amount } = request;
    let strategy = once_under(&format!("capture:{payment_id}:{}", amount.amount))?;
    let call = CapturePaymentIntent::new(checked_id(id)?)
        .amount_to_capture(to_stripe(*amount)?)
        .expand(["latest_charge".to_owned()]);
    let sent = call.customize().request_strategy(strategy).send(client).await.map_err(provider_error);
    looked_into(client, id, sent).await
}

pub async fn release(client: &Client, id: &str) -> Result<SessionState, ProviderError> {
    let sent = CancelPaymentIntent::new(checked_id(id)?).send(client).await.map_err(provider_error);
    looked_into(client, id, sent).await
}

/// What is refused may have been done before, or have become impossible: only what is still held is refused indeed.
async fn looked_into(
    client: &Client,
    id: &str,
    sent: Result<PaymentIntent, ProviderError>,
) -> Result<SessionState, ProviderError> {
    let refusal = match sent {
        Ok(intent) => return state(&intent),
        Err(refusal @ ProviderError::InvalidRequest(_)) => refusal,
        Err(error) => return Err(error),
    };
    let now = retrieve(client, id).await?;
    if matches!(now.payment.status, PaymentStatus::Authorized(_)) { Err(refusal) } else { Ok(now) }
}

/// A saved method is charged once: what was declined is over. A client may confirm again, with another method.
fn state(intent: &PaymentIntent) -> Result<SessionState, ProviderError> {
    let payment = payment_state(intent)?;
    let status = match payment.status {
        PaymentStatus::Canceled => SessionStatus::Expired,
        PaymentStatus::Unpaid => SessionStatus::Open,
        PaymentStatus::Failed if may_be_tried_again(intent) => SessionStatus::Open,
        PaymentStatus::Processing | PaymentStatus::Authorized(_) | PaymentStatus::Succeeded | PaymentStatus::Failed => {
            SessionStatus::Complete
        }
    };
    Ok(SessionState { status, payment })
}
