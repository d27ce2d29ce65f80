//! People's photos. What is kept is made anew from the pixels of what was sent, so nothing else of a file survives.
//!
//! Always holds: a photo's row is there before its objects are and goes after them, so no object is ever forgotten; a
//! person has one current photo at most.

mod commands;
mod error;
pub mod http;
mod model;
pub mod store;

pub use commands::sweep;
pub use error::PhotoError;
pub use model::url;
