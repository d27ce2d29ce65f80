//! The sandbox: what the platform meets outside, for development and tests.
//!
//! It plays payment providers (Stripe's API, its hosted page and its webhooks), keeps every mail the platform sends,
//! and moves the platform's clock. It is a service like the others, with a database of its own, and it fails closed:
//! see [`config`].

// `json!` counts the fields of the larger objects.
#![recursion_limit = "256"]

mod checkout;
mod clock;
pub mod config;
mod jobs;
mod mailbox;
mod payments;
mod routes;
mod schema;
mod startup;
mod state;
mod stripe;
mod webhooks;

pub use startup::{SandboxService, service};
