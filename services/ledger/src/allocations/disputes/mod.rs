//! Payments that customers dispute.
//!
//! The provider takes the money when a dispute opens, and gives it back when it is won: in between it is the platform's
//! expense. A lost dispute takes from where the money of the payment is, as a refund does, and never more than is left of
//! the payment; what goes beyond stays the platform's. Until it is decided, the company's part is kept back from what it
//! could have paid out, as soon as that is payable. Every order of the same news ends in the same balances. A dispute that
//! is decided otherwise than before, or about another amount, is for people to look at: its event is parked.

mod commands;
mod model;
mod store;

pub use commands::{DisputeNews, record_dispute_in_tx, reserve_in_tx};
pub use model::DisputeState;
