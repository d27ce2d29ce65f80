//! The sandbox: what the platform meets outside, for development and tests.
//!
//! It plays payment providers (the APIs of Stripe, Square and PayPal, their hosted pages
//! and their webhooks), keeps every mail the platform sends,
//! and moves the platform's clock. It is a service like the others, with a database of its own, and it fails closed:
//! see [`config`].

// `json!` counts the fields of the larger objects.
#![recursion_limit = "256"]

mod answers;
mod checkout;
mod clock;
pub mod config;
mod connect;
mod faults;
mod jobs;
mod mailbox;
mod payments;
mod paypal;
mod portal;
mod routes;
mod schema;
mod square;
mod startup;
mod state;
mod stripe;
mod webhooks;

pub use startup::{SandboxService, service};
