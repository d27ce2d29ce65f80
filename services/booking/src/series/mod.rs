//! Bookings that recur: a rule of RFC 5545 on the studio's wall clock, and an ordinary booking for each of its dates.
//!
//! A series keeps its wall-clock time over changes of the clocks, and its length in elapsed minutes. A start that falls
//! into a gap is the first instant after it; one that exists twice is the first of the two. Dates that cannot be had are
//! skipped, where that was asked for, and can be filled later.
//!
//! All dates are booked, moved or cancelled in one transaction: the rooms are locked first, together, then bookings in
//! the order of their dates, each of which is the order of their ids. Whatever else happens to a booking of a series
//! happens to it alone.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod rule;
pub mod store;

pub use error::SeriesError;
