//! Cancelling, and what it would cost: one function judges both.

use jiff::Timestamp;
use kernel::BookingId;
use service_kit::Caller;
use store::Conn;

use super::{carry_out_in_tx, lock_in_tx};
use crate::{
    bookings::{
        BookingError,
        cancellation::{Canceller, Settlement, settle},
        model::{Booking, Command, decide},
        store::{self as bookings, Access},
    },
    startup::App,
};

/// As whom the caller cancels: who booked is the customer, also where they work for the studio.
fn canceller(booking: &Booking, caller: &Caller) -> Canceller {
    if booking.customer_id() == Some(caller.user_id()) { Canceller::Customer } else { Canceller::Company }
}

pub async fn quote_cancellation(app: &App, caller: &Caller, id: BookingId) -> Result<Settlement, BookingError> {
    let mut conn = app.db.conn().await?;
    let found = bookings::find_booking(&mut conn, id, &Access::of(caller)).await?;
    let (booking, now) = (found.ok_or(BookingError::NotFound)?, app.clock.now());
    let by = canceller(&booking, caller);
    // Asked of the state machine first: what cannot be cancelled has no price.
    decide(&booking, &Command::Cancel { by, reason: None }, now)?;
    Ok(settle(&booking.terms(), by, now)?)
}

/// The booking after it, and the instant that was decided by.
pub async fn cancel_booking(
    app: &App,
    caller: &Caller,
    id: BookingId,
    reason: Option<String>,
) -> Result<(Booking, Timestamp), BookingError> {
    let cancelled = app.db.transaction(async |conn| cancel_booking_in_tx(app, conn, caller, id, reason.clone()).await);
    cancelled.await
}

pub async fn cancel_booking_in_tx(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
    id: BookingId,
    reason: Option<String>,
) -> Result<(Booking, Timestamp), BookingError> {
    let found = bookings::find_booking(conn, id, &Access::of(caller)).await?.ok_or(BookingError::NotFound)?;
    let command = Command::Cancel { by: canceller(&found, caller), reason };
    let mut locked = lock_in_tx(app, conn, id).await?;
    if let Some(change) = decide(&locked.booking, &command, locked.now)? {
        carry_out_in_tx(conn, &mut locked, &change).await?;
    }
    Ok((locked.booking, locked.now))
}

/// Cancels as the company: all comes back. What has ended in the meantime is left as it is.
pub async fn cancel_for_company(app: &App, id: BookingId, reason: &str) -> Result<(), BookingError> {
    let cancelled = app.db.transaction(async |conn| {
        let mut locked = lock_in_tx(app, conn, id).await?;
        let command = Command::Cancel { by: Canceller::Company, reason: Some(reason.to_owned()) };
        match decide(&locked.booking, &command, locked.now) {
            Ok(Some(change)) => carry_out_in_tx(conn, &mut locked, &change).await,
            Ok(None) | Err(BookingError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    });
    cancelled.await
}
