//! Transfers: whole, balanced, immutable.
//!
//! A [`TransferDraft`] is what somebody wants posted. [`decide`] is the pure rule that accepts or refuses drafts one
//! after the other against the balances of their accounts; [`Books`] locks those accounts, decides and writes, inside
//! the caller's transaction; [`Poster`] collects the drafts of many callers into one such transaction. PostgreSQL
//! checks all of it again.
//!
//! A transfer posts its entries at once, or it is a hold: pending until exactly one other transfer captures, voids or
//! expires it ([`Action`]).

pub mod about;
mod batch;
mod commands;
pub mod decide;
pub mod desk;
mod draft;
mod error;
pub mod expiry;
pub mod http;
mod insert;
pub mod internal;
mod kind;
mod leg;
mod memory;
mod poster;
mod read;
mod store;

pub use commands::Books;
pub use decide::Receipt;
pub use draft::{Action, DraftError, Lateness, TransferDraft};
pub use error::{PostError, Refusal};
pub use kind::{Phase, TransferKind};
pub use leg::Leg;
pub use poster::Poster;
pub use read::legs_of;
pub use store::{find_holds, is_posted};
