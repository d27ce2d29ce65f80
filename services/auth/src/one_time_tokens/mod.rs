//! What a mailed link stands for. Events carry a token's id only: messaging asks for the secret when it sends the
//! mail, each time a new one, of which the last is the one that works.

mod commands;
mod error;
pub mod http;
mod model;
pub mod store;

pub use error::OneTimeTokenError;
pub use model::{OneTimeToken, Purpose};
