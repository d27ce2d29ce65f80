//! Whether a room can be had, and when. The rules are pure; what is occupied is read from the table of occupancies,
//! where a hold counts until the very instant it expires.

pub mod commands;
mod error;
pub mod http;
mod input;
pub mod model;
pub mod slots;
pub mod stock;
pub mod store;
pub mod together;

pub use error::AvailabilityError;
pub use input::{Asked, InputError, check_choices, check_party};
pub use together::{Together, rooms_of};
