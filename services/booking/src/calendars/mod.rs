//! Calendars in the form that other programs read and write (iCalendar, RFC 5545).
//!
//! Out: bookings of a room, of a studio or of a customer, behind a token that can be revoked. In: when somebody else's
//! calendar is busy, a room is occupied. What is imported never cancels anything: where it meets a booking, the company
//! is told. A calendar that cannot be read leaves what was known of it as it is.

mod busy;
pub mod commands;
mod error;
mod fetch;
pub mod http;
mod ics;
mod model;
mod rules;
pub mod store;
mod zones;

pub use error::CalendarError;
