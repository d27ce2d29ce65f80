//! Signed tokens: access tokens for clients, identity tokens that the gateway passes inward for them, and service
//! tokens. Who may call whom stands in [`grants`].

mod commands;
mod error;
mod grants;
pub mod http;
mod model;

pub use error::TokenError;
pub use model::{ACCESS_TOKEN_LIFETIME, IDENTITY_TOKEN_LIFETIME, sign_access_token};
