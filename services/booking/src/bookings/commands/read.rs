//! Looking at bookings.

use contracts::booking::v1::BookingState;
use jiff::Timestamp;
use kernel::BookingId;
use service_kit::Caller;

use crate::{
    bookings::{
        BookingError, events,
        model::Booking,
        store::{self as bookings, Access, BookingFilter, ListKey},
    },
    startup::App,
};

pub async fn get_booking(app: &App, caller: &Caller, id: BookingId) -> Result<Booking, BookingError> {
    let mut conn = app.db.conn().await?;
    bookings::find_booking(&mut conn, id, &Access::of(caller)).await?.ok_or(BookingError::NotFound)
}

/// All bookings the caller made, the newest first.
pub async fn list_mine(
    app: &App,
    caller: &Caller,
    after: Option<BookingId>,
    limit: i64,
) -> Result<Vec<Booking>, BookingError> {
    let mut conn = app.db.conn().await?;
    Ok(bookings::list_mine(&mut conn, caller.user_id(), after, limit).await?)
}

/// The caller's bookings that are over in whatever way.
pub async fn list_history(
    app: &App,
    caller: &Caller,
    after: Option<ListKey>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Booking>, BookingError> {
    let mut conn = app.db.conn().await?;
    Ok(bookings::list_history(&mut conn, caller.user_id(), after, now, limit).await?)
}

pub async fn filter_bookings(
    app: &App,
    filter: &BookingFilter,
    after: Option<ListKey>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Booking>, BookingError> {
    let mut conn = app.db.conn().await?;
    Ok(bookings::filter_bookings(&mut conn, filter, after, now, limit).await?)
}

/// The state for a service whose event has not arrived yet, with the status that counts now.
pub async fn get_state_for_service(app: &App, id: BookingId) -> Result<BookingState, BookingError> {
    let mut conn = app.db.conn().await?;
    let found = bookings::find_booking_for_service(&mut conn, id).await?;
    let booking = found.ok_or(BookingError::NotFound)?;
    let place = bookings::find_place(&mut conn, &booking).await?;
    Ok(events::state(&booking, &place, booking.status_at(app.clock.now())))
}
