//! The chart of accounts, and accounts as rows.
//!
//! An account is a code in a currency: the same two always name the same account, whose id follows from them. Nobody
//! creates accounts by hand; one is opened when a transfer first names it, and stays.

pub mod code;
mod history;
pub mod http;
pub mod model;
mod printed;
pub mod statement;
pub mod store;

pub use code::AccountCode;
pub use model::{AccountKey, AccountKind, Country, Owner, ProviderCode, Side};
