//! Another email address for an account. Both mailboxes have to confirm: the present one, so that a borrowed session
//! cannot carry an account away, and the new one, so that it is its owner's. Until then everything goes by the old one.
//!
//! Asking is answered alike whether the new address has an account or not. If it has, its mailbox is not written to, so
//! that the change simply never completes.

mod commands;
mod error;
mod events;
pub mod http;
mod model;
mod store;

pub use error::EmailChangeError;
pub use store::cancel_in_tx;
