//! What staff say when the time of a booking has come: the customer is there, is not, or stays longer.

use jiff::{SignedDuration, Timestamp};
use kernel::BookingId;
use service_kit::{Caller, Idempotent, StoredAnswer};

use actix_web::http::StatusCode;
use serde::Serialize;
use store::Conn;

use super::{obey_in_tx, obey_staff};
use crate::{
    availability::{Together, store as availability},
    bookings::{
        BookingError, Refusal,
        model::{Booking, Command},
        store::{self as bookings, Access},
    },
    interval::Interval,
    prices::engine::{Extras, LineKind, Price},
    startup::App,
};

pub async fn check_in(app: &App, caller: &Caller, id: BookingId) -> Result<(Booking, Timestamp), BookingError> {
    obey_staff(app, caller, id, &Command::CheckIn).await
}

pub async fn mark_no_show(app: &App, caller: &Caller, id: BookingId) -> Result<(Booking, Timestamp), BookingError> {
    obey_staff(app, caller, id, &Command::MarkNoShow).await
}

/// Charges what a longer stay costs by the price lists in force, once for each key.
pub async fn charge_overtime<R: Serialize + Send + Sync>(
    app: &App,
    caller: &Caller,
    request: &Idempotent,
    id: BookingId,
    minutes: i64,
    answer: fn(&Booking, Timestamp) -> R,
) -> Result<StoredAnswer, BookingError> {
    let access = Access::of_staff(caller);
    let charged = request.once(&app.db, StatusCode::OK, async |conn| {
        let found = bookings::find_booking(conn, id, &access).await?.ok_or(BookingError::NotFound)?;
        let price = Box::new(price_overtime(conn, &found, minutes).await?);
        let (booking, now) = obey_in_tx(app, conn, id, &Command::ChargeOvertime { minutes, price }).await?;
        Ok::<_, BookingError>(answer(&booking, now))
    });
    charged.await
}

/// The minutes after the end at the rates in force in them, and the tax on them; nothing that is paid by the use.
async fn price_overtime(conn: &mut Conn, booking: &Booking, minutes: i64) -> Result<Price, BookingError> {
    let found = availability::find_bookables(conn, &booking.room_ids()).await?;
    let mut rooms = found.ok_or(BookingError::NotFound)?;
    for list in rooms.iter_mut().filter_map(|room| room.prices.as_mut()) {
        list.add_ons.clear();
        list.rates.duration_discounts.clear();
        list.rates.day_rate = None;
        list.rates.minimum_charge = None;
        list.rates.cleaning_fee = 0;
        list.rates.deposit = None;
    }
    let rooms = Together::new(rooms)?.ok_or(BookingError::NotFound)?;
    let (start, end) = (booking.interval.end(), booking.interval.end() + SignedDuration::from_mins(minutes));
    let interval = Interval::new(start, end).ok_or(crate::availability::InputError::EndsBeforeStart)?;
    let rates = rooms.rates(interval).ok_or(Refusal::PricesMissing)?;
    let mut price = rates.price(interval, Extras::default())?;
    for line in price.lines.iter_mut().filter(|line| line.kind == LineKind::Room) {
        line.description = format!("Overtime: {}", line.description);
    }
    Ok(price)
}
