//! Passkeys: WebAuthn credentials by which people sign in without typing anything, each bound to this site by the
//! browser or the phone that holds it.
//!
//! A ceremony is a challenge and its answer. What was asked waits in the database, for five minutes and for the first
//! answer, whichever process gets it. Devices have to verify their owner (biometrics or PIN), so a login by passkey is
//! one of two factors. A signature counter that goes back means a copied key, and is refused.

mod commands;
mod error;
pub mod http;
mod login;
mod model;
mod relying_party;
pub mod store;

pub use error::PasskeyError;
pub use relying_party::relying_party;
