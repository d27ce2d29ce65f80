//! Companies. Every company has an owner; a slug leads to one company for ever, also after a change of name. A closed
//! company stays in the table for what refers to it, and is found by nobody.

mod commands;
mod delete;
mod error;
pub mod events;
pub mod http;
mod model;
pub mod store;

pub use error::CompanyError;
pub use model::{Company, CompanyName, Country, MAX_MEMBERSHIPS, Slug, VatId};
