//! Who works for which company: mails to a company go to its owners and managers.

mod commands;
mod store;

pub use commands::recipients_of;
pub use store::{change_member, close, remember_owner};
