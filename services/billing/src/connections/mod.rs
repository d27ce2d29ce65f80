//! A company's own account at a provider, connected by somebody of the company (OAuth 2.0 with `state` and PKCE).
//!
//! What always holds: tokens are stored sealed, bound to their company; whoever comes back from the provider is known by
//! a secret that is good once, for ten minutes, and of which only a hash is kept; nothing of it is logged.

mod authorize;
mod commands;
mod error;
pub mod http;
mod model;
pub mod refresh;
pub mod rewrap;
mod store;

pub use commands::{act_for, live_merchant};
pub use error::ConnectionError;
pub use rewrap::rewrap_connections;
