//! People's addresses and names, as auth told us last; asked for where it has not told us yet.

mod commands;
mod store;

pub use commands::find_or_ask;
pub use store::{Contact, erase, remember, upsert};
