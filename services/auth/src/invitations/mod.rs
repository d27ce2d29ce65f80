//! Invitations to work for a company.
//!
//! Whoever follows the mailed link has proved that the address is theirs: a person with an account accepts signed in, with
//! the account of that address; a new one registers by it, verified. An invitation is accepted once, within a week, and a
//! mail that is sent again makes the link before it worthless. Nobody who invites learns whether an address has an account.

mod accept;
mod commands;
mod error;
mod events;
pub mod http;
mod model;
pub mod store;

pub use error::InvitationError;
pub use model::{Invitation, InvitationState, MailLimits};
