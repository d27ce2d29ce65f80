//! Logging in. An unknown address, a wrong password and a locked account are answered alike, byte for byte and after
//! the same work, so that an answer tells nothing but that these two do not belong together. Only who knows the
//! password learns that a code is missing or wrong, and wrong codes count as wrong passwords do.

mod attempt;
mod commands;
mod error;
pub mod http;
pub mod limits;
mod lockout;
mod proof;
pub mod store;

pub use attempt::{Attempt, Credentials, Demand, Proven};
use commands::reauthenticate;
pub use error::{LoginError, ReauthenticationError};
pub use lockout::LockoutPolicy;
pub use proof::{Proof, Reauthenticated};
pub use store::{delete_old, forget, lock};
