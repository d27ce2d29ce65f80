//! Quotes: itemised prices, signed, and charged as they are for a quarter of an hour, whatever the price list says by
//! then. Nothing is stored: the token carries the quote.

pub mod commands;
mod error;
pub mod http;
mod pricing;
mod token;

pub use error::QuoteError;
pub use pricing::{Priced, Wishes, price_for, price_with};
pub use token::{Expected, QuoteKey, SignedQuote, TokenError};
