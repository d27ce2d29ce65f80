//! Bookings: a customer has a room for an interval, or has asked for it.
//!
//! What always holds: a booking that is held, confirmed or over has its slot in the table of occupancies, and no two
//! active rows of a room overlap. Every change locks the room's row first (of several rooms in the order of their
//! ids), takes `now` once after it, then touches bookings in the order of their ids. `model` decides, purely;
//! `commands` load, decide, save and tell, in one transaction.

pub mod cancellation;
pub mod commands;
mod error;
pub mod events;
pub mod http;
pub mod model;
pub mod occupancy;
pub mod payment;
pub mod store;

pub use error::{BookingError, Refusal};
