//! Requests that name an address and must not tell whether it is known: registering, asking for another link, forgetting
//! a password.
//!
//! Each is written down in one row, the same way for every address, and answered; only then is it decided. So nothing of
//! what a decision costs is in the time of an answer, however slow the database. The process that took a request decides
//! it at once; what a crash leaves behind is decided by a job.

mod commands;
mod model;
mod store;

pub use commands::{decide_left, forget_old, take_in};
pub use model::{Asked, RegistrationForm};
