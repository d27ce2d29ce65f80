//! The studio's answers: confirm and decline.

use jiff::Timestamp;
use kernel::BookingId;
use service_kit::Caller;
use store::Conn;

use super::{carry_out_in_tx, lock_in_tx};
use crate::{
    bookings::{
        BookingError,
        model::{Booking, Command, decide},
        store::{self as bookings, Access},
    },
    startup::App,
};

pub async fn confirm_booking(app: &App, caller: &Caller, id: BookingId) -> Result<(Booking, Timestamp), BookingError> {
    answer(app, caller, id, &Command::Confirm).await
}

pub async fn decline_booking(app: &App, caller: &Caller, id: BookingId) -> Result<(Booking, Timestamp), BookingError> {
    answer(app, caller, id, &Command::Decline).await
}

/// The booking after it, and the instant that was decided by.
async fn answer(
    app: &App,
    caller: &Caller,
    id: BookingId,
    command: &Command,
) -> Result<(Booking, Timestamp), BookingError> {
    let access = Access::of_staff(caller);
    let answered = app.db.transaction(async |conn| {
        bookings::find_booking(conn, id, &access).await?.ok_or(BookingError::NotFound)?;
        let mut locked = lock_in_tx(app, conn, id).await?;
        if let Some(change) = decide(&locked.booking, command, locked.now)? {
            carry_out_in_tx(conn, &mut locked, &change).await?;
        }
        Ok::<_, BookingError>((locked.booking, locked.now))
    });
    answered.await
}

/// The customer takes what was held for them as an offer. Who may has been judged by whoever calls.
pub async fn accept_booking_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
) -> Result<(Booking, Timestamp), BookingError> {
    let mut locked = lock_in_tx(app, conn, id).await?;
    if let Some(change) = decide(&locked.booking, &Command::Accept, locked.now)? {
        carry_out_in_tx(conn, &mut locked, &change).await?;
    }
    Ok((locked.booking, locked.now))
}
