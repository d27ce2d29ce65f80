//! What can be paid, as far as billing needs to know: a copy of the bookings' state.
//!
//! booking owns the facts; billing keeps the newest version it has seen, from whichever event or answer it came, and
//! never changes one. A copy that has not arrived yet, or that says "not payable", is fetched before a customer is
//! refused.

mod booking;
mod commands;
mod error;
mod links;
pub mod model;
pub mod store;

pub use booking::BookingBody;
pub use commands::{fetch_payable, make_current, take_booking_in_tx};
pub use error::PayableError;
pub use links::{LinkState, follow_link};
pub use model::{Payable, PayableRef, PayableState};
