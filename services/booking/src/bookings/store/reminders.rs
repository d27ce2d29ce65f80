//! Reminders of payments: which are due, and which have been told.

use diesel::{ExpressionMethods, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::BookingId;
use store::{Conn, Error, sql::statement};

use crate::{
    bookings::model::{LONG_HOLD, ReminderKind},
    schema::booking_reminders as reminders,
};

/// Those of a kind that may be due: whether they are, the booking says under its lock.
const OF_HOLDS: &str = "SELECT b.id, b.hold_expires_at AS due FROM bookings b
    WHERE b.status = 'held' AND b.details ->> 'payment_mode' IS DISTINCT FROM 'at_desk'
      AND b.hold_expires_at > ? AND b.hold_expires_at <= ? AND b.created_at + make_interval(secs => ?) <= b.hold_expires_at
      AND NOT EXISTS (SELECT FROM booking_reminders r WHERE r.booking_id = b.id AND r.kind = 'hold')
    ORDER BY b.hold_expires_at LIMIT ?";
const OF_BALANCES: &str = "SELECT b.id, b.starts_at AS due FROM bookings b
    WHERE b.status = 'confirmed' AND b.details ->> 'payment_mode' IS DISTINCT FROM 'at_desk'
      AND b.starts_at > ? AND b.starts_at <= ?
      AND b.total > b.amount_paid - coalesce((b.details ->> 'credited')::bigint, 0)
      AND NOT EXISTS (SELECT FROM booking_reminders r WHERE r.booking_id = b.id AND r.kind = 'balance')
    ORDER BY b.starts_at LIMIT ?";

type Columns = (sql_types::Uuid, sql_types::Timestamptz);
type Found = (BookingId, jiff_diesel::Timestamp);

async fn find(
    conn: &mut Conn,
    kind: ReminderKind,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Found>, Error> {
    let found = match kind {
        ReminderKind::Hold => {
            statement::<Columns>(OF_HOLDS)
                .bind::<sql_types::Timestamptz, _>(now.to_diesel())
                .bind::<sql_types::Timestamptz, _>(until.to_diesel())
                .bind::<sql_types::Double, _>(LONG_HOLD.as_secs_f64())
                .bind::<sql_types::BigInt, _>(limit)
                .load::<Found>(conn)
                .await?
        }
        ReminderKind::Balance => {
            statement::<Columns>(OF_BALANCES)
                .bind::<sql_types::Timestamptz, _>(now.to_diesel())
                .bind::<sql_types::Timestamptz, _>(until.to_diesel())
                .bind::<sql_types::BigInt, _>(limit)
                .load::<Found>(conn)
                .await?
        }
    };
    Ok(found)
}

pub async fn find_reminders_due(
    conn: &mut Conn,
    kind: ReminderKind,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<BookingId>, Error> {
    let found = find(conn, kind, now, now + kind.lead(), limit).await?;
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

/// The earliest instant at which somebody will have to be reminded.
pub async fn next_reminder_due(
    conn: &mut Conn,
    kind: ReminderKind,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let found = find(conn, kind, now, FAR, 1).await?;
    Ok(found.into_iter().next().map(|(_, due)| due.to_jiff() - kind.lead()))
}

/// Later than anything is booked.
const FAR: Timestamp = Timestamp::constant(32_503_680_000, 0);

/// False when it has been told already. The caller holds the booking's lock.
pub async fn record_reminder(
    conn: &mut Conn,
    id: BookingId,
    kind: ReminderKind,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = diesel::insert_into(reminders::table)
        .values((
            reminders::booking_id.eq(id),
            reminders::kind.eq(kind.as_str()),
            reminders::told_at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}
