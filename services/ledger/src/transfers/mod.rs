//! Transfers: whole, balanced, immutable.
//!
//! A [`TransferDraft`] is what somebody wants posted. [`decide`] is the pure rule that accepts or refuses drafts one
//! after the other against the balances of their accounts; [`Books`] locks those accounts, decides and writes, inside
//! the caller's transaction; [`Poster`] collects the drafts of many callers into one such transaction. PostgreSQL
//! checks all of it again.

mod commands;
pub mod decide;
mod draft;
mod error;
pub mod http;
mod poster;
mod read;
mod store;

pub use commands::Books;
pub use decide::Receipt;
pub use draft::{DraftError, Leg, TransferDraft, TransferKind};
pub use error::{PostError, Refusal};
pub use poster::Poster;
pub use store::is_posted;
