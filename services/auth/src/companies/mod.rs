//! Companies and who works for them. Every company has an owner; a slug names one company for ever.

mod commands;
mod error;
mod events;
pub mod http;
mod model;
mod store;

pub use error::CompanyError;
pub use model::{Company, CompanyName, Country, Slug, VatId};
