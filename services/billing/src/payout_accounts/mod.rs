//! The accounts at a provider that companies are paid to: one per company, made once.
//!
//! Its owner tells the provider who they are on the provider's own page; nothing of that comes here. What always holds:
//! the intent is recorded before the provider is asked, the state is the newest that was told, and what may be old makes
//! us ask.

pub mod commands;
mod error;
pub mod http;
mod model;
pub mod store;
pub mod sweep;

pub use error::AccountError;
pub use model::PayoutAccount;
