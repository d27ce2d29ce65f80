//! What auth does by itself.

pub mod build_exports;
pub mod clean_up;
pub mod decide_requests;
pub mod reload_keys;
pub mod sweep_files;
