//! The provider's side of a payment: a session on which a person pays, the intent behind it, a charge for each
//! attempt, and refunds.
//!
//! What always holds: a session is paid at most once; a charge is never refunded beyond what was captured of it; every change
//! leaves its events in the same transaction. A session is locked before its intent.

pub mod attempts;
pub mod cards;
pub mod debits;
pub mod disputes;
pub mod error;
pub mod holds;
pub mod methods;
pub mod movements;
pub mod refunds;
pub mod sessions;
pub mod settlements;
pub mod store;
mod told;

pub use attempts::{Outcome, Timing};
pub use error::PaymentError;
pub use store::{ChargeRow, DisputeRow, IntentRow, RefundRow, SessionRow};

/// Whose API a session was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Stripe,
    Square,
    Paypal,
}

impl Provider {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Square => "square",
            Self::Paypal => "paypal",
        }
    }

    /// The database allows no other names.
    pub fn by_name(name: &str) -> Self {
        match name {
            "square" => Self::Square,
            "paypal" => Self::Paypal,
            _ => Self::Stripe,
        }
    }

    /// The id of an attempt, as the provider writes them.
    pub fn charge_id(self) -> String {
        match self {
            Self::Stripe => provider_id("ch"),
            Self::Square => square_id(),
            Self::Paypal => paypal_id(),
        }
    }

    pub fn refund_id(self) -> String {
        match self {
            Self::Stripe => provider_id("re"),
            Self::Square => square_id(),
            Self::Paypal => paypal_id(),
        }
    }
}

/// An id as Square writes them: letters and digits.
pub fn square_id() -> String {
    kernel::new_uuid().simple().to_string()
}

/// An id as PayPal writes them: seventeen capital letters and digits. The end of an id is its random part.
pub fn paypal_id() -> String {
    let id = kernel::new_uuid().simple().to_string().to_ascii_uppercase();
    id.chars().skip(id.len() - 17).collect()
}

/// An id as Stripe writes them: a prefix and letters and digits.
pub fn provider_id(prefix: &str) -> String {
    format!("{prefix}_{}", kernel::new_uuid().simple())
}
