//! Photos of rooms. What is kept is made anew from the pixels of what was sent, so nothing else of a file survives.
//!
//! Always holds: a photo's row is there before its objects are and goes after them, so no object is ever forgotten; a
//! photo is shown or it is not, and the shown ones of a room have an order.

mod commands;
mod error;
pub mod http;
pub mod model;
pub mod store;

pub use commands::sweep;
pub use error::PhotoError;
pub use model::url;
