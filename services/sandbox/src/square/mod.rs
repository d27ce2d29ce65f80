//! Square's API as far as the platform speaks it: payment links, orders, payments, refunds, payouts to the bank, and the
//! connection of a company's account. With a company's token the same calls are about what the company sells.

pub mod balances;
mod error;
pub mod http;
pub mod oauth;
pub mod objects;
mod params;
pub mod payouts;
mod sellers;

pub use error::SquareError;
pub use sellers::Seller;

/// The one location and merchant of the platform's own account.
pub const LOCATION: &str = "LSANDBOX";
pub const MERCHANT: &str = "MLSANDBOX";
