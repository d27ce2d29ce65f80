//! Checkout sessions: <https://docs.stripe.com/api/checkout/sessions>.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use stripe::{Client, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes,
    CreateCheckoutSessionExcludedPaymentMethodTypes, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentIntentDataCaptureMethod, CreateCheckoutSessionPaymentIntentDataTransferData,
    ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_shared::{CheckoutSession, CheckoutSessionMode};
use stripe_types::Expandable;

use super::{
    amounts::{stripe_currency, to_stripe},
    checked_id,
    delayed::excluded,
    errors::provider_error,
    once_under,
    states::{session_state, session_status, unreadable},
};
use crate::{
    CaptureMode, Destination, ExpireOutcome, ProviderError, Session, SessionRequest, SessionState, SessionStatus,
};

/// Stripe refuses a session that would close within 30 minutes. The five minutes above it are the time in which a
/// repeated call still carries an instant that Stripe accepts.
const SHORTEST: SignedDuration = SignedDuration::from_mins(35);

/// Stripe refuses more than 24 hours.
const LONGEST: SignedDuration = SignedDuration::from_mins(24 * 60 - 5);

pub async fn create_session(client: &Client, request: SessionRequest) -> Result<Session, ProviderError> {
    let strategy = once_under(&format!("session:{}", request.payment_id))?;
    let call = session_call(request)?;
    let session = call.customize().request_strategy(strategy).send(client).await.map_err(provider_error)?;
    opened(session)
}

fn session_call(request: SessionRequest) -> Result<CreateCheckoutSession, ProviderError> {
    let payment_id = request.payment_id.to_string();
    let excluded = excluded::<CreateCheckoutSessionExcludedPaymentMethodTypes>(&request);
    let mut metadata: HashMap<_, _> = request.metadata.into_iter().collect();
    metadata.insert("payment_id".to_owned(), payment_id.clone());
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    intent.metadata = Some(metadata.clone());
    intent.description = Some(request.description.clone());
    let is_held = request.capture == CaptureMode::Manual;
    intent.capture_method = is_held.then_some(CreateCheckoutSessionPaymentIntentDataCaptureMethod::Manual);
    if let Some(destination) = &request.destination {
        settle_with(&mut intent, destination, &payment_id)?;
    }

    let mut price = CreateCheckoutSessionLineItemsPriceData::new(stripe_currency(request.amount.currency)?);
    price.unit_amount = Some(to_stripe(request.amount)?);
    price.product_data = Some(ProductData::new(request.description));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.quantity = Some(1);
    line.price_data = Some(price);

    let mut call = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .client_reference_id(payment_id)
        .line_items(vec![line])
        .payment_intent_data(intent)
        .metadata(metadata)
        .success_url(request.success_url)
        .cancel_url(request.cancel_url);
    if is_held {
        // Nothing is held on a bank account.
        call = call.allowed_payment_method_types(vec![CreateCheckoutSessionAllowedPaymentMethodTypes::Card]);
    }
    if let Some(types) = excluded {
        call = call.excluded_payment_method_types(types);
    }
    if let Some(email) = request.customer_email {
        call = call.customer_email(email);
    }
    if let Some(wish) = request.expires_at {
        call = call.expires_at(allowed_expiry(request.requested_at, wish).as_second());
    }
    Ok(call)
}

/// A destination charge (<https://docs.stripe.com/connect/destination-charges>), in the company's name: it is the seller. The
/// group lets the transfer be known again in our balance.
fn settle_with(
    intent: &mut CreateCheckoutSessionPaymentIntentData,
    destination: &Destination,
    payment_id: &str,
) -> Result<(), ProviderError> {
    let account = checked_id(&destination.account_id)?;
    intent.transfer_data = Some(CreateCheckoutSessionPaymentIntentDataTransferData::new(account));
    intent.on_behalf_of = Some(account.to_owned());
    intent.transfer_group = Some(payment_id.to_owned());
    if destination.application_fee.is_positive() {
        intent.application_fee_amount = Some(to_stripe(destination.application_fee)?);
    }
    Ok(())
}

/// The nearest instant to the wish that Stripe allows. Only of recorded instants, so that a repeated call is the same.
fn allowed_expiry(requested_at: Timestamp, wish: Timestamp) -> Timestamp {
    wish.clamp(requested_at + SHORTEST, requested_at + LONGEST)
}

fn opened(session: CheckoutSession) -> Result<Session, ProviderError> {
    let url = session.url.as_deref().ok_or_else(|| unreadable("a session without a page"))?;
    Ok(Session {
        checkout_url: url.parse().map_err(|_| unreadable("a page without a readable address"))?,
        provider_payment_id: session.payment_intent.as_ref().map(intent_id),
        expires_at: Timestamp::from_second(session.expires_at).ok(),
        provider_session_id: session.id.to_string(),
    })
}

fn intent_id(intent: &Expandable<stripe_shared::PaymentIntent>) -> String {
    intent.id().to_string()
}

pub async fn retrieve_session(client: &Client, id: &str) -> Result<SessionState, ProviderError> {
    session_state(&fetch(client, id).await?)
}

async fn fetch(client: &Client, id: &str) -> Result<CheckoutSession, ProviderError> {
    let expand = ["payment_intent", "payment_intent.latest_charge"].map(str::to_owned);
    let call = RetrieveCheckoutSession::new(checked_id(id)?).expand(expand);
    call.send(client).await.map_err(provider_error)
}

/// Stripe answers 400 for a session that is not open, whatever it is instead, so a refusal is looked into.
pub async fn expire_session(client: &Client, id: &str) -> Result<ExpireOutcome, ProviderError> {
    let refusal = match ExpireCheckoutSession::new(checked_id(id)?).send(client).await.map_err(provider_error) {
        Ok(_) => return Ok(ExpireOutcome::Expired),
        Err(refusal @ ProviderError::InvalidRequest(_)) => refusal,
        Err(error) => return Err(error),
    };
    match session_status(&fetch(client, id).await?)? {
        SessionStatus::Complete => Ok(ExpireOutcome::AlreadyComplete),
        SessionStatus::Expired => Ok(ExpireOutcome::AlreadyExpired),
        SessionStatus::Open | SessionStatus::Approved => Err(refusal),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::{Currency, Money, PaymentId};

    use super::*;
    use crate::MethodKinds;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_page_closes_at_the_nearest_allowed_instant() {
        let requested = at("2027-03-28T10:00:00Z");
        for (wish, allowed) in [
            ("2027-03-28T10:20:00Z", "2027-03-28T10:35:00Z"),
            ("2027-03-28T11:00:00Z", "2027-03-28T11:00:00Z"),
            ("2027-04-28T10:00:00Z", "2027-03-29T09:55:00Z"),
        ] {
            assert_eq!(allowed_expiry(requested, at(wish)), at(allowed), "{wish}");
        }
    }

    fn request(payment_id: PaymentId) -> SessionRequest {
        SessionRequest {
            payment_id,
            amount: Money::new(9000, Currency::EUR),
            capture: CaptureMode::Manual,
            methods: MethodKinds::Immediate,
            description: "Room 1, 28 March".to_owned(),
            customer_email: Some("ada@example.com".to_owned()),
            success_url: "https://example.com/ok".parse().unwrap(),
            cancel_url: "https://example.com/no".parse().unwrap(),
            requested_at: at("2027-03-28T10:00:00Z"),
            expires_at: None,
            metadata: BTreeMap::from([("booking_id".to_owned(), "bkg_x".to_owned())]),
            destination: None,
        }
    }

    #[test]
    fn a_payment_that_settles_with_the_company_names_it_and_our_fee() {
        let payment_id = PaymentId::new();
        let settled =
            |fee| Destination { account_id: "acct_1".to_owned(), application_fee: Money::new(fee, Currency::EUR) };
        let intent = |destination| {
            let call = session_call(SessionRequest { destination, ..request(payment_id) }).unwrap();
            serde_json::to_value(call).unwrap()["inner"]["payment_intent_data"].clone()
        };
        let told = intent(Some(settled(1_071)));
        assert_eq!(told["application_fee_amount"], 1_071);
        assert_eq!(told["transfer_data"], serde_json::json!({"destination": "acct_1"}));
        assert_eq!(
            (&told["on_behalf_of"], &told["transfer_group"]),
            (&"acct_1".into(), &payment_id.to_string().into())
        );
        assert!(intent(Some(settled(0))).get("application_fee_amount").is_none(), "Stripe takes no fee of nothing");
        assert!(intent(None).get("transfer_data").is_none());
    }

    #[test]
    fn a_page_offers_no_debits_unless_it_may_and_cards_alone_where_money_is_held() {
        let form = |capture, methods| {
            let call = session_call(SessionRequest { capture, methods, ..request(PaymentId::new()) }).unwrap();
            serde_json::to_value(call).unwrap()["inner"].clone()
        };
        let at_once = form(CaptureMode::Automatic, MethodKinds::Immediate);
        let excluded = at_once["excluded_payment_method_types"].as_array().unwrap();
        assert!(excluded.contains(&"sepa_debit".into()) && !excluded.contains(&"ideal".into()), "{excluded:?}");
        let any = form(CaptureMode::Automatic, MethodKinds::Delayed);
        assert!(any.get("excluded_payment_method_types").is_none());
        assert!(any.get("allowed_payment_method_types").is_none());
        let held = form(CaptureMode::Manual, MethodKinds::Immediate);
        assert_eq!(held["allowed_payment_method_types"], serde_json::json!(["card"]));
        assert!(held.get("excluded_payment_method_types").is_none(), "Stripe takes one of them");
    }

    #[test]
    fn the_request_carries_our_id_everywhere_it_may_come_back_from() {
        let payment_id = PaymentId::new();
        let call = session_call(request(payment_id));
        let form = serde_json::to_value(call.unwrap()).unwrap().to_string();
        assert_eq!(form.matches(&payment_id.to_string()).count(), 3, "{form}");
        assert!(form.contains(r#""unit_amount":9000"#) && form.contains(r#""currency":"eur""#), "{form}");
        assert!(form.contains(r#""capture_method":"manual""#), "{form}");
    }
}
