//! The events crate against real servers: `eval "$(./dev servers up)"` first, or run `./dev test -p events`.

mod conformance;
mod delivery;
mod rabbitmq;
mod relay;
mod retention;
mod support;
