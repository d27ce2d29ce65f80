//! The addresses at PayPal at which companies are paid: one per company, named by its owner.
//!
//! What always holds: nothing is sent to an address before somebody has followed a link that was mailed to it, signed in as the
//! company's owner; naming another address is a new beginning; every change stands in the ledger's trail of actions.

pub mod address;
pub mod commands;
mod error;
mod events;
pub mod http;
pub mod internal;
mod model;
pub mod store;

pub use error::ReceiverError;
pub use model::PayoutReceiver;
