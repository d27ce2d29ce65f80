//! Rooms that stand for others: for the whole studio, also for rooms that are added to it later, or for some rooms.
//! Whoever books one has all of them, and it can be had only when all of them can. The database knows what that means
//! for occupancies (`room_footprint`); here it is said and read.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod store;

pub use error::PartsError;
