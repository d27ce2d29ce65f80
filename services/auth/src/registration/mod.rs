//! From a form to a verified account.
//!
//! Registering and asking for another mail answer the same, in the same time, for every address: who owns the mailbox
//! learns the rest there. A link confirms the registration it was mailed for: name, role and password.
//!
//! When the address is registered again while a link can still be followed, nobody knows which of the two forms is of
//! the mailbox's owner. From then on the links confirm no password: whoever follows one is signed in and chooses theirs
//! as after forgetting it. So somebody who registers a stranger's address never knows the password of the account.

mod commands;
mod error;
mod events;
pub mod http;
mod store;

pub use error::RegistrationError;
