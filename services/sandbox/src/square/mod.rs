//! Square's API as far as the platform speaks it: payment links, orders, payments, refunds, and the connection of a
//! company's account.

mod error;
pub mod http;
pub mod oauth;
pub mod objects;
mod params;

pub use error::SquareError;

/// The one location and merchant of the platform's own account.
pub const LOCATION: &str = "LSANDBOX";
pub const MERCHANT: &str = "MLSANDBOX";
