//! The webhook service in process, on a database of its own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod about;
mod admin;
mod paypal;
mod receive;
mod square;
mod support;
