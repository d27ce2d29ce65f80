//! PayPal's API as far as the platform speaks it: access tokens, orders, captures and refunds, payouts, disputes, what has moved, and
//! the certificate that its webhooks are signed with.

mod amounts;
pub mod disputes;
mod error;
pub mod http;
mod oauth;
pub mod objects;
pub mod payouts;
pub mod reporting;
pub mod signer;

pub use error::PaypalError;
pub use oauth::{AccessToken, obtain_token};

/// The one webhook that the platform has registered.
pub const WEBHOOK_ID: &str = "WH-SANDBOX";
