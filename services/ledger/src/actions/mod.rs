//! The trail of everything financial that somebody has done by hand or by another service's call: who, what, when, from
//! where and why. Written in the transaction of what it tells, never changed, and told to auth, which keeps the trail of the
//! whole platform.
//!
//! What events make is not repeated here: every transfer names its event.

mod commands;
pub mod http;
mod store;

pub use commands::{Action, Doer, record_in_tx};
pub use service_kit::Whence;
pub use store::actions_about;
