//! Whom a company's customers pay: a provider of its own choice, or the platform's default; and with whom their payments settle.
//!
//! Both hold for sessions that are opened from then on; a payment stays with the provider it was opened at, and settles as it
//! was then decided.

mod commands;
mod error;
pub mod http;
mod settle;
pub mod store;

pub use commands::choose_provider_in_tx;
pub use error::SettingsError;
pub use settle::settle_in_tx;
