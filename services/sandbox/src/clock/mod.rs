//! The platform's clock: how far it is ahead, kept in the database, and moved through every instant at which some
//! service has something to do.
//!
//! It never goes back. The offset is stored before any service hears of it, so that a restart cannot undo what a
//! service has already decided by.

mod advance;
mod http;
mod keep;
mod services;
mod store;

pub use http::{advance_clock, read_clock};
pub use keep::{keep_clocks, restore};
