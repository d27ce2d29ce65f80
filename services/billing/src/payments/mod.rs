//! Payments: one intent to pay each, from the recorded wish to the captured money and what goes back of it.
//!
//! Everything a provider tells, by webhook, by an answer or when asked, becomes [`facts::Fact`]s and goes through
//! [`commands::record_facts_in_tx`]. Facts may come in any order and more than once: a payment only ever rises, its
//! success is told to the others exactly once, and money that came in is never forgotten because of what came later.

pub mod checks;
pub mod commands;
pub mod error;
pub mod events;
pub mod facts;
pub mod http;
pub mod model;
mod provider;
pub mod settlement;
pub mod store;

pub use error::PaymentError;
pub use facts::Fact;
pub use model::{Payment, PaymentStatus};
pub use provider::provider_of;
pub use settlement::{CompanySettlement, Settlement};
