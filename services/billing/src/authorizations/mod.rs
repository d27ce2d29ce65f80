//! Authorisations: money that a customer's bank holds for a booking, for damage, overtime, or whoever does not come.
//!
//! An authorisation is a payment that is taken later: captured, all of it or a part, it succeeds as any other does and the rest
//! is free again; voided or lapsed, it is cancelled. What is to be done is a wish first, recorded with the payment locked, so
//! that of a capture and a void one comes true; then the provider is called, and its answer is a fact like the facts of
//! webhooks. What a bank holds lapses after some days: a job asks for a new authorisation before, which is a payment of its
//! own, and lets go of the old one once the new one stands. Three days after the booking nothing is held for it any more.

pub mod commands;
mod error;
mod events;
pub mod http;
pub mod model;
mod renewals;
mod steps;
pub mod store;

pub use error::AuthorizationError;
pub use model::{Authorization, VoidCause, Wish};
pub use steps::{Progress, take_step};
