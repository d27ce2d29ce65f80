//! Whom a company's customers pay: a provider of its own choice, or the platform's default.
//!
//! The choice holds for sessions that are opened from then on; a payment stays with the provider it was opened at.

mod commands;
pub mod http;
pub mod store;

pub use commands::choose_provider_in_tx;
