//! Rooms: what is booked. A room's settings say how long, how early and in which steps; a booking keeps the settings it
//! was made under. The row of a room is also the lock under which its calendar changes.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod store;

pub use error::RoomError;
