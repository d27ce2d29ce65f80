//! The platform's figures for its administrators: what has moved comes from the ledger, what is open from here.

pub mod http;
mod model;
mod store;
