//! Operating hours: local rules of a week, several a day, over midnight where they must.
//!
//! Spans of a studio never overlap. Spans that touch make one opening: a studio open all day every day never closes,
//! and a booking may go over midnight there. Slot steps count from the span in which a booking begins.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod store;

pub use error::HoursError;
