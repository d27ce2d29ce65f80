//! Files for people who keep books elsewhere: a statement of one account, and a month of the whole ledger.

mod file;
pub mod http;
mod model;
mod store;

pub use file::{csv_file, major};
