//! Disputes: customers ask their bank or the provider for their money back.
//!
//! Billing keeps what the provider tells and decides nothing: the provider takes the money when a dispute opens and gives
//! it back when it is won. What always holds: a dispute is one row, however often and in whatever order it is told, and
//! one that is decided stays decided.

pub mod commands;
mod error;
mod events;
pub mod http;
pub mod model;
pub mod store;

pub use error::DisputeError;
