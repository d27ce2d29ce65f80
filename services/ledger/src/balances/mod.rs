//! Balances as others read them: one row an account, nothing is summed over entries.

pub mod http;
pub mod model;
