//! Payment intents that clients confirm with Stripe.js, in fields of Stripe's on their own pages:
//! <https://docs.stripe.com/payments/payment-element>.

use secrecy::SecretString;
use stripe::{Client, StripeRequest};
use stripe_core::payment_intent::{
    CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods, RetrievePaymentIntent,
};
use stripe_shared::{PaymentIntent, PaymentIntentAllowedPaymentMethodTypes, PaymentIntentExcludedPaymentMethodTypes};

use super::{
    checked_id,
    delayed::excluded,
    errors::provider_error,
    intents::{metadata, unconfirmed},
    once_under,
    states::unreadable,
};
use crate::{CaptureMode, ProviderError, SessionRequest};

/// What tells such an intent from one of a saved method: Stripe itself makes no difference between them.
const UI: &str = "ui";
const ELEMENTS: &str = "elements";

pub async fn create_intent(client: &Client, request: &SessionRequest) -> Result<String, ProviderError> {
    let strategy = once_under(&format!("elements:{}", request.payment_id))?;
    let call = intent_call(request)?.customize().request_strategy(strategy);
    Ok(call.send(client).await.map_err(provider_error)?.id.to_string())
}

fn intent_call(request: &SessionRequest) -> Result<CreatePaymentIntent, ProviderError> {
    let mut metadata = metadata(request);
    metadata.insert(UI.to_owned(), ELEMENTS.to_owned());
    let call = unconfirmed(request, metadata)?
        .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods::new(true));
    let call = match request.capture {
        CaptureMode::Automatic => call,
        // Nothing is held on a bank account.
        CaptureMode::Manual => call.allowed_payment_method_types(vec![PaymentIntentAllowedPaymentMethodTypes::Card]),
    };
    let call = match excluded::<PaymentIntentExcludedPaymentMethodTypes>(request) {
        Some(types) => call.excluded_payment_method_types(types),
        None => call,
    };
    // In the company's name, as on Stripe's own page: it is the seller.
    Ok(match &request.destination {
        Some(destination) => call.on_behalf_of(checked_id(&destination.account_id)?),
        None => call,
    })
}

pub async fn client_secret(client: &Client, id: &str) -> Result<SecretString, ProviderError> {
    let intent = RetrievePaymentIntent::new(checked_id(id)?).send(client).await.map_err(provider_error)?;
    let secret = intent.client_secret.ok_or_else(|| unreadable("a payment intent without a client secret"))?;
    Ok(secret.into())
}

/// After a decline the client may confirm it anew.
pub fn may_be_tried_again(intent: &PaymentIntent) -> bool {
    intent.metadata.get(UI).is_some_and(|ui| ui == ELEMENTS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use kernel::{Currency, Money, PaymentId};
    use serde_json::{Value, json};

    use super::*;
    use crate::{Destination, MethodKinds};

    fn call(capture: CaptureMode, methods: MethodKinds, destination: Option<Destination>) -> Value {
        let request = SessionRequest {
            payment_id: PaymentId::new(),
            amount: Money::new(9_000, Currency::EUR),
            capture,
            methods,
            description: "Room 1, 28 March".to_owned(),
            customer_email: None,
            success_url: "https://example.com/ok".parse().unwrap(),
            cancel_url: "https://example.com/no".parse().unwrap(),
            requested_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            metadata: BTreeMap::from([("booking_id".to_owned(), "bkg_x".to_owned())]),
            destination,
        };
        let form = serde_json::to_value(intent_call(&request).unwrap()).unwrap()["inner"].clone();
        assert_eq!(form["metadata"]["payment_id"], request.payment_id.to_string());
        form
    }

    #[test]
    fn what_is_held_is_held_on_cards_and_what_is_paid_is_paid_by_whatever_is_offered() {
        let paid = call(CaptureMode::Automatic, MethodKinds::Delayed, None);
        assert_eq!((&paid["amount"], &paid["currency"]), (&json!(9_000), &json!("eur")));
        assert_eq!(paid["automatic_payment_methods"], json!({"enabled": true}));
        assert!(paid.get("allowed_payment_method_types").is_none() && paid.get("capture_method").is_none());
        assert!(paid.get("excluded_payment_method_types").is_none());
        let at_once = call(CaptureMode::Automatic, MethodKinds::Immediate, None);
        assert_eq!(at_once["automatic_payment_methods"], json!({"enabled": true}), "wallets and all else stay");
        let excluded = at_once["excluded_payment_method_types"].as_array().unwrap();
        assert!(excluded.contains(&json!("sepa_debit")) && !excluded.contains(&json!("link")), "{excluded:?}");
        let held = call(CaptureMode::Manual, MethodKinds::Immediate, None);
        assert!(held.get("excluded_payment_method_types").is_none(), "Stripe takes one of them");
        assert_eq!(
            (&held["capture_method"], &held["allowed_payment_method_types"]),
            (&json!("manual"), &json!(["card"]))
        );
    }

    #[test]
    fn a_payment_that_settles_with_the_company_is_made_in_its_name() {
        let fee = Money::new(1_071, Currency::EUR);
        let destination = Destination { account_id: "acct_1".to_owned(), application_fee: fee };
        let told = call(CaptureMode::Automatic, MethodKinds::Delayed, Some(destination));
        assert_eq!((&told["on_behalf_of"], &told["application_fee_amount"]), (&json!("acct_1"), &json!(1_071)));
        assert_eq!(told["transfer_data"], json!({"destination": "acct_1"}));
    }
}
