//! Badges: what the platform says of a studio. Platform administrators alone give and take them; everybody sees them, and
//! search asks for them.

mod commands;
mod error;
pub mod http;
mod model;
pub mod store;

pub use error::BadgeError;
pub use model::Badge;
