//! Rows of engineers and of the times they are away.

use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, PgRangeExpressionMethods, QueryDsl, Queryable, Selectable,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AbsenceId, BookingId, CompanyId, EngineerId};
use store::{Conn, Error};

use super::model::{Absence, Assignment, Engineer};
use crate::{
    availability::store::{PeriodRow, period},
    interval::Interval,
    schema::{engineer_occupancies as occupancies, engineers},
};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = engineers)]
struct EngineerRow {
    id: EngineerId,
    company_id: CompanyId,
    name: String,
    retired: bool,
    created_at: jiff_diesel::Timestamp,
}

impl From<EngineerRow> for Engineer {
    fn from(row: EngineerRow) -> Self {
        Self {
            id: row.id,
            company_id: row.company_id,
            name: row.name,
            retired: row.retired,
            created_at: row.created_at.to_jiff(),
        }
    }
}

pub async fn insert_engineer(conn: &mut Conn, engineer: &Engineer) -> Result<(), Error> {
    let row = EngineerRow {
        id: engineer.id,
        company_id: engineer.company_id,
        name: engineer.name.clone(),
        retired: engineer.retired,
        created_at: engineer.created_at.to_diesel(),
    };
    let values = (row, engineers::updated_at.eq(engineer.created_at.to_diesel()));
    diesel::insert_into(engineers::table).values(values).execute(conn).await?;
    Ok(())
}

/// False when the company has no such engineer.
pub async fn update_engineer(conn: &mut Conn, engineer: &Engineer, now: Timestamp) -> Result<bool, Error> {
    let updated = diesel::update(engineers::table.find(engineer.id))
        .filter(engineers::company_id.eq(engineer.company_id))
        .set((
            engineers::name.eq(&engineer.name),
            engineers::retired.eq(engineer.retired),
            engineers::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(updated == 1)
}

pub async fn find_engineer(
    conn: &mut Conn,
    id: EngineerId,
    companies: &[CompanyId],
) -> Result<Option<Engineer>, Error> {
    let row = engineers::table
        .find(id)
        .filter(engineers::company_id.eq_any(companies))
        .select(EngineerRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Engineer::from))
}

/// Those of a company in the order they were made.
pub async fn list_engineers(
    conn: &mut Conn,
    company_id: CompanyId,
    after: Option<EngineerId>,
    limit: i64,
) -> Result<Vec<Engineer>, Error> {
    let rows: Vec<EngineerRow> = engineers::table
        .filter(engineers::company_id.eq(company_id))
        .filter(engineers::id.gt(after.unwrap_or(EngineerId::from_uuid(uuid::Uuid::nil()))))
        .order(engineers::id)
        .limit(limit)
        .select(EngineerRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Engineer::from).collect())
}

/// Everybody of a company who takes bookings.
pub async fn find_working(conn: &mut Conn, company_id: CompanyId) -> Result<Vec<EngineerId>, Error> {
    let working = engineers::table.filter(engineers::company_id.eq(company_id)).filter(engineers::retired.eq(false));
    Ok(working.select(engineers::id).load(conn).await?)
}

/// Locks those who take bookings, in the order of ids, and answers them.
pub async fn lock_working(conn: &mut Conn, ids: &[EngineerId]) -> Result<Vec<EngineerId>, Error> {
    let working = engineers::table.filter(engineers::id.eq_any(ids)).filter(engineers::retired.eq(false));
    Ok(working.order(engineers::id).select(engineers::id).for_no_key_update().load(conn).await?)
}

type NewPeriod = (std::ops::Bound<jiff_diesel::Timestamp>, std::ops::Bound<jiff_diesel::Timestamp>);

/// Half-open, as the table's check demands.
pub fn new_period(interval: Interval) -> NewPeriod {
    use std::ops::Bound::{Excluded, Included};
    (Included(interval.start().to_diesel()), Excluded(interval.end().to_diesel()))
}

/// The exclusion constraint refuses what overlaps a booking or another absence.
pub async fn insert_absence(conn: &mut Conn, absence: &Absence) -> Result<(), Error> {
    diesel::insert_into(occupancies::table)
        .values((
            occupancies::id.eq(absence.id.uuid()),
            occupancies::engineer_id.eq(absence.engineer_id),
            occupancies::period.eq(new_period(absence.interval)),
            occupancies::kind.eq("absence"),
            occupancies::reason.eq(absence.reason.as_deref()),
            occupancies::active.eq(true),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// False when the engineer has no such absence.
pub async fn delete_absence(conn: &mut Conn, engineer_id: EngineerId, id: AbsenceId) -> Result<bool, Error> {
    let absence = occupancies::table.find(id.uuid()).filter(occupancies::kind.eq("absence"));
    let deleted = diesel::delete(absence.filter(occupancies::engineer_id.eq(engineer_id))).execute(conn).await?;
    Ok(deleted == 1)
}

/// Absences of an engineer in the order they were made.
pub async fn list_absences(
    conn: &mut Conn,
    engineer_id: EngineerId,
    after: Option<AbsenceId>,
    limit: i64,
) -> Result<Vec<Absence>, Error> {
    let rows: Vec<(uuid::Uuid, PeriodRow, Option<String>)> = occupancies::table
        .filter(occupancies::engineer_id.eq(engineer_id))
        .filter(occupancies::kind.eq("absence"))
        .filter(occupancies::id.gt(after.map_or(uuid::Uuid::nil(), AbsenceId::uuid)))
        .order(occupancies::id)
        .limit(limit)
        .select((occupancies::id, occupancies::period, occupancies::reason))
        .load(conn)
        .await?;
    let absence = |(id, when, reason)| {
        Some(Absence { id: AbsenceId::from_uuid(id), engineer_id, interval: period(when)?, reason })
    };
    Ok(rows.into_iter().filter_map(absence).collect())
}

/// The bookings an engineer is at in a window, by start.
pub async fn find_assignments(
    conn: &mut Conn,
    engineer_id: EngineerId,
    window: Interval,
) -> Result<Vec<Assignment>, Error> {
    let rows: Vec<(Option<BookingId>, PeriodRow)> = occupancies::table
        .filter(occupancies::active)
        .filter(occupancies::engineer_id.eq(engineer_id))
        .filter(occupancies::period.overlaps_with(new_period(window)))
        .filter(occupancies::kind.eq("booking"))
        .order(occupancies::period)
        .select((occupancies::booking_id, occupancies::period))
        .load(conn)
        .await?;
    let assignment = |(booking_id, when): (Option<BookingId>, _)| {
        Some(Assignment { booking_id: booking_id?, interval: period(when)? })
    };
    Ok(rows.into_iter().filter_map(assignment).collect())
}
