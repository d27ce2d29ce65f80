//! Events of providers, as received.
//!
//! An event is stored once by its provider's id for it, together with its outbox row, and acknowledged after the
//! commit; a repeat finds the row and changes nothing. A replay publishes the stored bytes again as a new event, for
//! consumers that have to look at it once more.

mod body;
mod commands;
mod error;
mod events;
pub mod http;
pub mod internal;
mod model;
mod store;
