//! API keys: programs that act for a person or for a company.
//!
//! A key does what its scopes say (`service-kit/permissions.md`) and no more than whoever it acts for may: a personal key
//! has the person's roles in their companies, a company's key is a manager of that one company. None is ever an
//! administrator of the platform, and none can make keys. The secret is shown once.

mod commands;
mod error;
mod events;
pub mod http;
mod identity;
mod model;
pub mod store;

pub use commands::revoke_all_in_tx;
pub use error::ApiKeyError;
pub use model::{ApiKey, KeyName, KeyOwner, NewApiKey, Scopes};
