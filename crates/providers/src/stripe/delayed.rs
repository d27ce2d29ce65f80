//! Methods of Stripe's that are certain only days after the customer has paid with them, or that the customer pays days later:
//! <https://docs.stripe.com/payments/payment-methods#payment-notification>.

use std::{convert::Infallible, str::FromStr};

use crate::{CaptureMode, MethodKinds, SessionRequest};

const DELAYED: [&str; 11] = [
    "acss_debit",
    "au_becs_debit",
    "bacs_debit",
    "boleto",
    "customer_balance",
    "konbini",
    "multibanco",
    "nz_bank_account",
    "oxxo",
    "sepa_debit",
    "us_bank_account",
];

/// What a payment may not be made with, whatever else the account offers; `None` where anything goes, or where cards alone
/// are asked for. Generic because every call of Stripe's has a type of its own for the same names.
pub fn excluded<T: FromStr<Err = Infallible>>(request: &SessionRequest) -> Option<Vec<T>> {
    let is_asked = request.methods == MethodKinds::Immediate && request.capture == CaptureMode::Automatic;
    is_asked.then(|| DELAYED.iter().filter_map(|name| name.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use stripe_checkout::checkout_session::CreateCheckoutSessionExcludedPaymentMethodTypes;
    use stripe_shared::PaymentIntentExcludedPaymentMethodTypes;

    use super::*;

    #[test]
    fn stripe_knows_every_name() {
        for name in DELAYED {
            let Ok(on_the_page) = name.parse::<CreateCheckoutSessionExcludedPaymentMethodTypes>();
            assert!(!matches!(on_the_page, CreateCheckoutSessionExcludedPaymentMethodTypes::Unknown(_)), "{name}");
            let Ok(in_fields) = name.parse::<PaymentIntentExcludedPaymentMethodTypes>();
            assert!(!matches!(in_fields, PaymentIntentExcludedPaymentMethodTypes::Unknown(_)), "{name}");
        }
    }
}
