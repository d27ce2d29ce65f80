//! From a form to a verified account.
//!
//! Registering and asking for another mail answer the same, in the same time, for every address: who owns the mailbox
//! learns the rest there. A link confirms the registration it was mailed for (name, role and password), so that
//! somebody who registers a stranger's address gains nothing when the stranger registers too.

mod commands;
mod error;
mod events;
pub mod http;
mod store;

pub use error::RegistrationError;
