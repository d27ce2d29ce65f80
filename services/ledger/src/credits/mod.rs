//! Credits of customers: bought in packs or given with a subscription, spent soonest-to-expire first, and gone when
//! their time is over.
//!
//! The book has one account of credits a customer and currency; the lots beside it say which grant a credit came from.
//! Lots change only in the transaction of the transfer that moves the account, with the customer's lots locked.

mod commands;
mod error;
mod expiry;
pub mod http;
pub mod internal;
pub mod model;
mod store;

pub use commands::{
    CreditGrant, CreditSpend, capture_spend_in_tx, grant_credits_in_tx, hold_credits_in_tx, take_back_credits_in_tx,
    void_spend_in_tx,
};
pub use error::CreditError;
pub use expiry::{expire_credits, job};
