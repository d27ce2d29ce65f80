//! Logging in. An unknown address, a wrong password and a locked account are answered alike, byte for byte and after
//! the same work, so that an answer tells nothing but that these two do not belong together.

mod commands;
mod error;
pub mod http;
mod limits;
mod lockout;
pub mod store;

pub use error::LoginError;
pub use lockout::LockoutPolicy;
pub use store::delete_old;
