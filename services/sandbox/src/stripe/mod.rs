//! Stripe's API as far as the platform speaks it: form-encoded requests, complete objects of one API version, Stripe's
//! errors and its idempotency. Limits that depend on a merchant's contract (smallest and largest amounts) are not
//! played.

mod auth;
mod commands;
mod error;
mod expand;
mod form;
pub mod http;
mod idempotency;
mod lists;
pub mod movements;
pub mod objects;

pub use error::StripeError;

/// The version in which objects and events are written: the one async-stripe speaks.
pub const API_VERSION: &str = "2026-09-30.endive";
