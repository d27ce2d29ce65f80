//! Payments as the platform's administrators see them: those of all companies, and one with everything that anybody knows
//! of it. Nothing is changed here but by asking the provider again, which stands in the ledger's trail.

pub mod again;
mod beside;
pub mod detail;
mod export;
pub mod http;
mod model;
mod store;
