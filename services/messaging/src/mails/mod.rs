//! Mails that are due, and what became of them.
//!
//! Always holds: one mail for each event, recipient and occasion; no secret in any row. A mail is handed over at least
//! once, each time under the id by which mail systems recognise a repeat.

mod commands;
mod composition;
pub mod http;
mod links;
mod model;
mod store;

pub use commands::{dispatch_due, order};
pub use model::{DispatchError, Occasion, Recipient};
pub use store::forget;
