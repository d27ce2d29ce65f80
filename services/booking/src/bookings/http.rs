//! Bookings over HTTP.

mod cancel;
mod create;
mod decide;
mod internal;
mod read;
mod response;

pub use cancel::{cancel_booking, quote_cancellation};
pub use create::create_booking;
pub use decide::{confirm_booking, decline_booking};
pub use internal::{export_bookings_of, get_booking_for_service};
pub use read::{filter_bookings, get_booking, list_history, list_mine};
pub use response::BookingResponse;
