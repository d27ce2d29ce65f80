//! What auth does by itself.

pub mod clean_up;
pub mod reload_keys;
