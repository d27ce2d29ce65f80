//! The second factor: time-based one-time passwords (RFC 6238), with recovery codes for the day the device is lost.
//!
//! An enrolment is an offer until a code proves that the device has the secret. No code is accepted twice, and none that
//! is older than the last accepted one. The secret is sealed in the database, recovery codes stand there as keyed hashes
//! only, and both are shown once.

mod commands;
mod enrolment;
mod error;
pub mod events;
pub mod http;
mod keys;
mod model;
pub mod store;

pub use commands::check_code_in_tx;
pub use error::MfaError;
pub use keys::MfaKeys;
pub use model::{CodeCheck, PresentedCode};
