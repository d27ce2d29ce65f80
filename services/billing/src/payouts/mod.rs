//! Payouts: a company's money on its way to its bank.
//!
//! The ledger holds the money first, under the payout's id; then it goes to the company's account at the provider, and
//! from there to the bank; then the ledger books it as gone. What the provider will not do goes the same way back. What
//! always holds: what is about to be asked is recorded before each call, each call carries a key made of the payout's
//! id, and one that may have been made before is looked for first. So a step may run twice, late, and on two processes.

pub mod commands;
mod error;
mod events;
pub mod http;
pub mod ledger;
pub mod model;
pub mod steps;
pub mod store;

pub use error::PayoutError;
pub use model::{Payout, PayoutStatus};
