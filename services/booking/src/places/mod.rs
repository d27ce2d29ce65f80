//! Countries and cities. Platform administrators make them, everybody reads them. A city gives its studios a time zone
//! to begin with; a country's code is unique, a city's name need not be.

pub mod commands;
mod error;
pub mod http;
mod iso3166;
pub mod model;
pub mod store;

pub use error::PlaceError;
