//! The studio's answers, confirm and decline, and a customer's to an offer.

use jiff::Timestamp;
use kernel::BookingId;
use service_kit::Caller;
use store::Conn;

use super::{obey_in_tx, obey_staff};
use crate::{
    bookings::{
        BookingError,
        model::{Booking, Command},
    },
    startup::App,
};

pub async fn confirm_booking(app: &App, caller: &Caller, id: BookingId) -> Result<(Booking, Timestamp), BookingError> {
    obey_staff(app, caller, id, &Command::Confirm).await
}

pub async fn decline_booking(app: &App, caller: &Caller, id: BookingId) -> Result<(Booking, Timestamp), BookingError> {
    obey_staff(app, caller, id, &Command::Decline).await
}

/// The customer takes what was held for them as an offer. Who may has been judged by whoever calls.
pub async fn accept_booking_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
) -> Result<(Booking, Timestamp), BookingError> {
    obey_in_tx(app, conn, id, &Command::Accept).await
}
