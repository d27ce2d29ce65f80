//! The table `payout_schedules`.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, UserId};
use store::{Conn, Error};

use super::model::Schedule;
use crate::{schema::payout_schedules as schedules, stored};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = schedules, primary_key(company_id), treat_none_as_null = true)]
struct ScheduleRow {
    company_id: CompanyId,
    frequency: String,
    minimum: i64,
    next_at: NullableTimestamp,
    updated_by: UserId,
    updated_at: jiff_diesel::Timestamp,
}

impl From<&Schedule> for ScheduleRow {
    fn from(schedule: &Schedule) -> Self {
        Self {
            company_id: schedule.company_id,
            frequency: schedule.frequency.as_str().to_owned(),
            minimum: schedule.minimum,
            next_at: schedule.next_at.to_diesel(),
            updated_by: schedule.updated_by,
            updated_at: schedule.updated_at.to_diesel(),
        }
    }
}

impl TryFrom<ScheduleRow> for Schedule {
    type Error = Error;

    fn try_from(row: ScheduleRow) -> Result<Self, Error> {
        Ok(Self {
            company_id: row.company_id,
            frequency: stored::parse("payout_schedules.frequency", &row.frequency)?,
            minimum: row.minimum,
            next_at: row.next_at.to_jiff(),
            updated_by: row.updated_by,
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

pub async fn find_schedule(conn: &mut Conn, company_id: CompanyId) -> Result<Option<Schedule>, Error> {
    let row = schedules::table.find(company_id).select(ScheduleRow::as_select()).first(conn).await.optional()?;
    row.map(Schedule::try_from).transpose()
}

pub async fn lock_schedule(conn: &mut Conn, company_id: CompanyId) -> Result<Option<Schedule>, Error> {
    let found = schedules::table.find(company_id).select(ScheduleRow::as_select()).for_no_key_update();
    found.first(conn).await.optional()?.map(Schedule::try_from).transpose()
}

/// What was planned before counts no more, and neither do tries that failed.
pub async fn save_schedule(conn: &mut Conn, schedule: &Schedule) -> Result<(), Error> {
    let fresh = (schedules::retry_at.eq(None::<jiff_diesel::Timestamp>), schedules::retries.eq(0));
    diesel::insert_into(schedules::table)
        .values(ScheduleRow::from(schedule))
        .on_conflict(schedules::company_id)
        .do_update()
        .set((ScheduleRow::from(schedule), fresh))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes up to `limit` schedules that are due, for this process alone until `lease_until`. `now` is the Clock's, the other
/// instants are real time.
pub async fn claim_schedules(
    conn: &mut Conn,
    now: Timestamp,
    real_now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<(CompanyId, i32)>, Error> {
    let ids: Vec<CompanyId> = schedules::table
        .filter(schedules::next_at.le(now.to_diesel()))
        .filter(schedules::retry_at.is_null().or(schedules::retry_at.le(real_now.to_diesel())))
        .order(schedules::next_at)
        .limit(limit)
        .select(schedules::company_id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    let claimed = diesel::update(schedules::table.filter(schedules::company_id.eq_any(ids)))
        .set((schedules::retry_at.eq(lease_until.to_diesel()), schedules::retries.eq(schedules::retries + 1)))
        .returning((schedules::company_id, schedules::retries))
        .get_results(conn)
        .await?;
    Ok(claimed)
}

pub async fn postpone_schedule(conn: &mut Conn, company_id: CompanyId, retry_at: Timestamp) -> Result<(), Error> {
    let postponed = schedules::retry_at.eq(retry_at.to_diesel());
    diesel::update(schedules::table.find(company_id)).set(postponed).execute(conn).await?;
    Ok(())
}

/// The earliest planned run; those being repeated are not planned.
pub async fn next_run_due(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let earliest: NullableTimestamp = schedules::table
        .filter(schedules::retry_at.is_null())
        .select(diesel::dsl::min(schedules::next_at))
        .first(conn)
        .await?;
    Ok(earliest.to_jiff())
}
