//! Quotes: itemised prices, signed, and charged as they are for a quarter of an hour, whatever the price list says by
//! then. Nothing is stored: the token carries the quote.

pub mod commands;
mod error;
pub mod http;
mod token;

pub use error::QuoteError;
pub use token::{QuoteKey, SignedQuote, TokenError};
