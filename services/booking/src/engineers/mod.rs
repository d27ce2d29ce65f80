//! Engineers: people of a company who can be booked beside any of its rooms, by add-ons that name them.
//!
//! What always holds: nobody is at two bookings, or at a booking and away, at once; the exclusion constraint of
//! `engineer_occupancies` says so, whatever the code does. Whoever takes an engineer's time holds the lock of their
//! row: after that of the rooms, in the order of ids. Time is given back, and moved, by the database itself when the
//! booking's row changes. A hold that has lapsed keeps nobody busy; whoever finds one takes its engineers away, and
//! its booking, should its payment arrive after all, has to claim them again.

pub mod claims;
pub mod commands;
mod error;
pub mod http;
pub mod matching;
pub mod model;
pub mod store;

pub use error::EngineerError;
