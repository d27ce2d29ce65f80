//! The trail of everything financial that somebody has done by hand or by another service's call: who, what, when, from
//! where and why. Written in the transaction of what it tells, and never changed.
//!
//! What events make is not repeated here: every transfer names its event.

pub mod http;
mod store;
mod whence;

pub use store::{Action, Doer, record_in_tx};
pub use whence::Whence;
