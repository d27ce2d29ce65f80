//! Erasing an account (GDPR, article 17). Name, address, photo, sessions, keys and memberships go; the row stays with its
//! id, by which financial records go on naming somebody nobody knows. Others forget what they keep when they hear of it.

mod commands;
mod error;
pub mod http;
mod store;

pub use error::ErasureError;
