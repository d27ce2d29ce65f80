//! The book against what the providers say: what both have, what only one has, what differs, and what is there twice.
//!
//! Billing fetches the providers' balance transactions and hands them over ([`internal`]); a comparison covers a span of
//! time, but looks for the other side of whatever lies in it wherever it lies, so that nothing is missed at midnight.
//! Fees and settlements are told by nobody else: they are posted when they are handed over.

mod commands;
mod error;
pub mod http;
pub mod internal;
mod job;
pub mod model;
mod store;
mod told;

pub use job::job;
