//! Blackouts: when a studio or one of its rooms is closed whatever the hours say. Whole days or a span, once or every year,
//! as the studio's clock shows it.
//!
//! A blackout is kept as it was written and, beside it, as the instants it means: those are what the database keeps
//! bookings out of. What was booked before stays, and is told as a warning to who makes the blackout. A booking's
//! turnaround must lie outside, too: the room is not used then, not even for cleaning.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod store;

pub use error::BlackoutError;
