//! Payment methods that people save: given on the provider's page, kept by the provider under a customer of its own.
//!
//! What always holds: nothing of a method is kept but its kind, brand, last four digits and expiry, and a token, sealed.
//! A person has one customer at a provider and at most one default method. Without their consent a method is charged only
//! when they ask for it themselves. Saving a method is an intent first: the page is recorded, opened under its own id, and
//! what was given there is asked for, at once when an event tells that there is something to ask, and by the Clock where
//! none came.
//!
//! People may look after their methods on the provider's own page (the portal), too. What they do there is told by the provider: of
//! a default method, the choice that was made last counts, wherever it was made.
//!
//! Customers pay the platform (separate charges and transfers), so their methods are kept in the platform's own account
//! and are good for every company.

pub mod commands;
pub mod customers;
mod error;
mod events;
pub mod http;
pub mod model;
pub mod portal;
pub mod rewrap;
pub mod setups;
pub mod store;

pub use error::MethodError;
pub use model::{MethodSetup, PaymentMethod};
