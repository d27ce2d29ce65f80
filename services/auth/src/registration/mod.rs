//! From a form to a verified account.
//!
//! Registering and asking for another mail answer the same, in the same time, for every address (see [`crate::intake`]):
//! who owns the mailbox learns the rest there. A link confirms the registration it was mailed for: name, role and password.
//!
//! Whoever fills in a form need not own the mailbox. So a link confirms the form's password only where it is followed
//! from where the form was filled in. Anybody else who follows it is signed in and chooses the password, then and there
//! or as after forgetting it. And when the address is registered again while a link can still be followed, nobody knows
//! which of the two forms is of the mailbox's owner: from then on no link confirms any form's password.

mod commands;
mod error;
mod events;
pub mod http;
mod model;
mod store;

pub use commands::{register_in_tx, resend_in_tx};
pub use error::RegistrationError;
pub use model::{Place, Registration};
