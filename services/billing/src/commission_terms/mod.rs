//! What administrators set about the platform's commission: the rate of a plan, the plan that a company is on, a company's own
//! rate, and a promotion of a company with an end.
//!
//! What always holds: nothing that was set is changed or removed, what is set later replaces it; every change stands in the
//! ledger's trail of actions. Which of them counts is decided by `commission::in_force`, once for each payment, which keeps it.

mod commands;
mod error;
pub mod http;
mod model;
mod store;

pub use commands::standing_in_tx;
pub use error::TermError;
