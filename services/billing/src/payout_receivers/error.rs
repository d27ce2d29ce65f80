//! What can go wrong with a receiver.

use kernel::Currency;
use problem::Problem;
use service_kit::peers::PeerError;

use super::model::Unconfirmed;

#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    #[error("companies are not paid through PayPal on this platform")]
    NotOffered,
    /// The company has named none, or not this one.
    #[error("there is no such receiver")]
    NotFound,
    #[error("the provider does not pay in {0}")]
    OtherCurrency(Currency),
    /// The company is not known to auth.
    #[error("there is no such company")]
    UnknownCompany,
    #[error("{0}")]
    Unconfirmed(#[from] Unconfirmed),
    /// No mail is needed any more.
    #[error("the address is confirmed")]
    Confirmed,
    #[error("auth is out of reach: {0}")]
    Auth(#[from] PeerError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<ReceiverError> for Problem {
    fn from(error: ReceiverError) -> Self {
        match error {
            ReceiverError::NotOffered => {
                Self::conflict("payouts_not_offered", "Companies are not paid out through PayPal on this platform.")
            }
            ReceiverError::NotFound => Self::conflict(
                "no_payout_receiver",
                "The company has named no address at PayPal. PUT /api/payments/paypal/receiver names it.",
            ),
            ReceiverError::OtherCurrency(currency) => {
                Self::invalid("currency_not_supported", format!("PayPal does not pay in {currency}."))
            }
            ReceiverError::Unconfirmed(why) => Self::gone(
                "link_void",
                format!("This confirms no address: {why}. Name the address again for a new mail."),
            ),
            ReceiverError::Confirmed => Self::conflict("receiver_confirmed", "The address is confirmed."),
            ReceiverError::UnknownCompany => Self::not_found(),
            ReceiverError::Auth(error) => error.into(),
            ReceiverError::Store(error) => error.into(),
        }
    }
}
