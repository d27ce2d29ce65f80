//! Who works for which company, and as what.
//!
//! Always holds: a company has an owner. Every change locks the company's row first, so that two owners who leave at once
//! do so one after the other, and the second is refused.

mod commands;
mod error;
pub mod http;
mod model;
pub mod store;

pub use commands::{ensure_allowed_in_tx, join_in_tx, leave_all_in_tx};
pub use error::MemberError;
pub use model::{Member, may_touch};
