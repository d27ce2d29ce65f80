//! Receipts: one for each payment that succeeded, numbered from 1 without a gap in each company.
//!
//! A receipt is written in the transaction of its payment's success. Its number comes from a counter row that stays
//! locked until the commit, so a transaction that fails gives its number back.

mod commands;
mod error;
pub mod http;
pub mod model;
mod printed;
mod store;

pub use commands::issue_receipt_in_tx;
