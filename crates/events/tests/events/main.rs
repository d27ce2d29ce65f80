//! The events crate against real servers: `eval "$(./dev servers up)"` first, or run `./dev test -p events`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod conformance;
mod delivery;
mod rabbitmq;
mod relay;
mod retention;
mod support;
