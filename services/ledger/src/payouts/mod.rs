//! A company's money on its way out: what it owes is set off first, then the payout is held with its own id before the
//! provider is asked, and captured or let go when the provider has answered.

mod commands;
mod error;
pub mod internal;
mod job;
mod model;

pub use job::job;
