//! Stripe Connect: accounts of companies, transfers to them, and payouts from there to their banks.
//!
//! What always holds: nothing is transferred that the platform does not have, and nothing is paid out that the account
//! does not have; a transfer is taken back at most once; every change leaves its events in the same transaction. An
//! account is locked before what lies on it is changed.

pub mod accounts;
mod error;
pub mod http;
mod pages;
pub mod payouts;
pub mod store;
pub mod transfers;

pub use error::ConnectError;
pub use pages::{onboarding_page, submit_onboarding};
pub use store::{AccountRow, PayoutRow, TransferRow};
