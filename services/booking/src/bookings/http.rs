//! Bookings over HTTP.

mod cancel;
mod create;
mod decide;
mod internal;
mod read;
mod response;

pub use cancel::{__path_cancel_booking, __path_quote_cancellation, cancel_booking, quote_cancellation};
pub use create::{__path_create_booking, create_booking};
pub use decide::{__path_confirm_booking, __path_decline_booking, confirm_booking, decline_booking};
pub use internal::{__path_get_booking_for_service, get_booking_for_service};
pub use read::{
    __path_filter_bookings, __path_get_booking, __path_list_history, __path_list_mine, filter_bookings, get_booking,
    list_history, list_mine,
};
pub use response::BookingResponse;
