//! People with an account. An account can be used once its address is verified; one address has one account, however
//! it is capitalised.

mod commands;
mod error;
pub mod events;
pub mod http;
mod model;
pub mod store;

pub use commands::{remove_abandoned, remove_unverified_in_tx, verify_in_tx};
pub use error::UserError;
pub use model::{Email, Membership, PersonName, Profile, User, UserRole, is_control};
