//! Rows of blackouts, and the instants they mean.

use std::ops::Bound;

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::{Timestamp, civil};
use jiff_diesel::{Date, ToDiesel};
use kernel::{BlackoutId, RoomId, StudioId};
use store::{Conn, Error};

use super::model::{Blackout, Days};
use crate::{
    interval::Interval,
    schema::{blackout_periods, blackouts, studios},
};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = blackouts)]
struct BlackoutRow {
    id: BlackoutId,
    studio_id: StudioId,
    room_id: Option<RoomId>,
    first_day: Date,
    last_day: Date,
    from_minute: Option<i16>,
    to_minute: Option<i16>,
    yearly: bool,
    reason: Option<String>,
}

impl From<BlackoutRow> for Blackout {
    fn from(row: BlackoutRow) -> Self {
        let days = Days {
            first: row.first_day.to_jiff(),
            last: row.last_day.to_jiff(),
            from_minute: row.from_minute.map(i32::from),
            to_minute: row.to_minute.map(i32::from),
        };
        Self {
            id: row.id,
            studio_id: row.studio_id,
            room_id: row.room_id,
            days,
            yearly: row.yearly,
            reason: row.reason,
        }
    }
}

/// Without what it means: that is written with [`replace_periods`].
pub async fn insert_blackout(conn: &mut Conn, blackout: &Blackout, now: Timestamp) -> Result<(), Error> {
    let small = |minute: Option<i32>| minute.and_then(|minute| i16::try_from(minute).ok());
    diesel::insert_into(blackouts::table)
        .values((
            blackouts::id.eq(blackout.id),
            blackouts::studio_id.eq(blackout.studio_id),
            blackouts::room_id.eq(blackout.room_id),
            blackouts::first_day.eq(blackout.days.first.to_diesel()),
            blackouts::last_day.eq(blackout.days.last.to_diesel()),
            blackouts::from_minute.eq(small(blackout.days.from_minute)),
            blackouts::to_minute.eq(small(blackout.days.to_minute)),
            blackouts::yearly.eq(blackout.yearly),
            blackouts::reason.eq(&blackout.reason),
            blackouts::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The rooms that it closes are locked.
pub async fn replace_periods(
    conn: &mut Conn,
    blackout: &Blackout,
    periods: &[Interval],
    expanded_to: civil::Date,
) -> Result<(), Error> {
    let of_it = blackout_periods::table.filter(blackout_periods::blackout_id.eq(blackout.id));
    diesel::delete(of_it).execute(conn).await?;
    let rows: Vec<_> = periods
        .iter()
        .map(|period| {
            let bounds = (Bound::Included(period.start().to_diesel()), Bound::Excluded(period.end().to_diesel()));
            (
                blackout_periods::blackout_id.eq(blackout.id),
                blackout_periods::studio_id.eq(blackout.studio_id),
                blackout_periods::room_id.eq(blackout.room_id),
                blackout_periods::period.eq(bounds),
            )
        })
        .collect();
    diesel::insert_into(blackout_periods::table).values(rows).execute(conn).await?;
    if blackout.yearly {
        let expanded = blackouts::expanded_to.eq(expanded_to.to_diesel());
        diesel::update(blackouts::table.find(blackout.id)).set(expanded).execute(conn).await?;
    }
    Ok(())
}

/// In the order they were made.
pub async fn list_blackouts(
    conn: &mut Conn,
    studio_id: StudioId,
    after: Option<BlackoutId>,
    limit: i64,
) -> Result<Vec<Blackout>, Error> {
    let rows = blackouts::table
        .filter(blackouts::studio_id.eq(studio_id))
        .filter(blackouts::id.gt(after.unwrap_or(BlackoutId::from_uuid(uuid::Uuid::nil()))))
        .order(blackouts::id)
        .limit(limit)
        .select(BlackoutRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Blackout::from).collect())
}

pub async fn count_blackouts(conn: &mut Conn, studio_id: StudioId) -> Result<i64, Error> {
    Ok(blackouts::table.filter(blackouts::studio_id.eq(studio_id)).count().get_result(conn).await?)
}

/// False where the studio has no such blackout.
pub async fn delete_blackout(conn: &mut Conn, studio_id: StudioId, id: BlackoutId) -> Result<bool, Error> {
    let theirs = blackouts::table.find(id).filter(blackouts::studio_id.eq(studio_id));
    Ok(diesel::delete(theirs).execute(conn).await? == 1)
}

/// Keeps it from being deleted meanwhile; false where it is gone.
pub async fn lock_blackout(conn: &mut Conn, id: BlackoutId) -> Result<bool, Error> {
    let there = blackouts::table.find(id).select(blackouts::id).for_no_key_update();
    let locked: Option<BlackoutId> = there.first(conn).await.optional()?;
    Ok(locked.is_some())
}

/// Yearly ones that are written out to a date before this one only, with the zones of their studios.
pub async fn list_to_expand(
    conn: &mut Conn,
    before: civil::Date,
    limit: i64,
) -> Result<Vec<(Blackout, String)>, Error> {
    let rows: Vec<(BlackoutRow, String)> = blackouts::table
        .inner_join(studios::table.on(studios::id.eq(blackouts::studio_id)))
        .filter(blackouts::yearly)
        .filter(blackouts::expanded_to.lt(before.to_diesel()))
        .order(blackouts::expanded_to)
        .limit(limit)
        .select((BlackoutRow::as_select(), studios::time_zone))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(row, zone)| (row.into(), zone)).collect())
}

/// The earliest date to which a yearly one is written out.
pub async fn first_expanded_to(conn: &mut Conn) -> Result<Option<civil::Date>, Error> {
    let earliest: Option<Option<Date>> = blackouts::table
        .filter(blackouts::yearly)
        .order(blackouts::expanded_to)
        .select(blackouts::expanded_to)
        .first(conn)
        .await
        .optional()?;
    Ok(earliest.flatten().map(Date::to_jiff))
}
