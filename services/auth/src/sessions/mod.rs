//! Signed-in devices. A session is a family of refresh tokens: each is exchanged once for its successor, and one that
//! comes back after its successor was used ends the family, because two parties hold it.
//!
//! Only hashes are stored. The successor is computed from the presented token, so within a grace window a second tab or
//! a client whose answer was lost is given the very same one.

mod commands;
mod device;
mod error;
mod events;
mod family;
pub mod http;
mod model;
pub mod store;

pub use commands::{SignedIn, end_all_in_tx, lock_owner_in_tx, open_session_in_tx};
pub use device::Device;
pub use error::SessionError;
pub use model::{Authentication, EndReason, Session};
