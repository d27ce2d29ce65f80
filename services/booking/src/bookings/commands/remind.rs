//! Telling who has to pay, before it is too late. Each reminder is told once, whoever sweeps.

use jiff::Timestamp;
use kernel::BookingId;

use super::{Locked, lock_in_tx};
use crate::{
    bookings::{BookingError, events::Telling, model::ReminderKind, store as bookings},
    startup::App,
};

const BATCH: usize = 200;

/// Tells all that is due of a kind, each booking in a transaction of its own.
pub async fn remind(app: &App, kind: ReminderKind, now: Timestamp) -> Result<(), BookingError> {
    loop {
        let ids = bookings::find_reminders_due(&mut *app.db.conn().await?, kind, now, BATCH as i64).await?;
        let mut told = 0;
        for id in &ids {
            told += usize::from(remind_one(app, *id, kind).await?);
        }
        // What is found and not told again and again would have no end.
        if told == 0 || ids.len() < BATCH {
            return Ok(());
        }
    }
}

async fn remind_one(app: &App, id: BookingId, kind: ReminderKind) -> Result<bool, BookingError> {
    let reminded = app.db.transaction(async |conn| {
        let Locked { mut booking, place, now } = lock_in_tx(app, conn, id).await?;
        let Some(until) = booking.remind_until(kind, now) else { return Ok(false) };
        if !bookings::record_reminder(conn, id, kind, now).await? {
            return Ok(false);
        }
        let before = booking.version;
        // Nothing of the booking changes; the version gives the event its place among the others.
        booking.version += 1;
        bookings::update_booking(conn, &booking, before, now).await?;
        let telling = Telling { booking: &booking, place: &place, ordinal: 0, now };
        telling.payment_reminder_due(conn, until, kind == ReminderKind::Hold).await?;
        Ok::<_, BookingError>(true)
    });
    reminded.await
}
