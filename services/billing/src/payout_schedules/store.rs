//! The table `payout_schedules`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, UserId};
use store::{Conn, Error};

use super::model::Schedule;
use crate::{schema::payout_schedules as schedules, stored, worklist::Worklist};

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

/// Schedules after which a payout is to be made.
pub const RUNS: Worklist<CompanyId> = Worklist {
    table: "payout_schedules",
    id: "company_id",
    open: "next_at IS NOT NULL",
    due: "next_at <= $1",
    order: "next_at",
    planned: Some("next_at"),
    prefix: "",
    typed: CompanyId::from_uuid,
};
