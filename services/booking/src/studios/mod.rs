//! Studios: a company's places of business, each with an address, a position, a time zone and a slug.
//!
//! A slug is unique on the platform and never a word that routes use. A studio's zone decides what its local times
//! mean and does not change under existing bookings: they keep the zone they were made in.

pub mod commands;
mod error;
pub mod http;
pub mod model;
mod slug;
pub mod store;

pub use error::StudioError;
pub use slug::Slug;
