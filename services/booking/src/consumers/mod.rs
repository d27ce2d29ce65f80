//! What this service hears, one file per event.

pub mod company_created;
pub mod company_deleted;
pub mod company_updated;
pub mod membership_changed;
pub mod payment_succeeded;
pub mod refund_returned;
pub mod refund_succeeded;
pub mod user_erased;

use events::HandlerError;

use crate::bookings::BookingError;

/// An unreachable database is told from an event that cannot be handled as things stand.
fn refused(error: BookingError) -> HandlerError {
    match error {
        BookingError::Store(error) => error.into(),
        error => HandlerError::rejected(error),
    }
}
