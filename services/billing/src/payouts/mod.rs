//! Payouts: a company's money on its way to its bank, or to its own account at a provider.
//!
//! The ledger holds the money first, under the payout's id; then it goes to the account that the platform has made for the
//! company at the provider and from there to the bank, or straight to a receiver that the company has named; then the ledger
//! books it as gone. What the provider will not do goes the same way back. What always holds: what is about to be asked is recorded before each call, each call carries a key made of the payout's
//! id, and one that may have been made before is looked for first. So a step may run twice, late, and on two processes.

pub mod amounts;
pub mod commands;
pub mod destination;
mod error;
mod events;
pub mod http;
pub mod ledger;
pub mod model;
pub mod steps;
pub mod store;

pub use error::PayoutError;
pub use model::{Payout, PayoutStatus};
