//! The provider's side of a payment: a session on which a person pays, the intent behind it, a charge for each
//! attempt, and refunds.
//!
//! What always holds: a session is paid at most once; a charge is never refunded beyond its amount; every change
//! leaves its events in the same transaction. A session is locked before its intent.

pub mod attempts;
pub mod cards;
pub mod error;
pub mod refunds;
pub mod sessions;
pub mod store;

pub use attempts::{Outcome, Timing};
pub use error::PaymentError;
pub use store::{ChargeRow, IntentRow, RefundRow, SessionRow};

/// An id as Stripe writes them: a prefix and letters and digits.
pub fn provider_id(prefix: &str) -> String {
    format!("{prefix}_{}", kernel::new_uuid().simple())
}
