//! Choosing a schedule.

use ::store::Error;
use jiff::Timestamp;
use kernel::CompanyId;
use service_kit::identity::{Allowed, permissions::ManagePayouts};

use super::{
    model::{Frequency, Schedule},
    store,
};
use crate::App;

pub async fn choose_schedule(
    app: &App,
    allowed: &Allowed<ManagePayouts>,
    (frequency, minimum): (Frequency, i64),
    now: Timestamp,
) -> Result<Schedule, Error> {
    let schedule = Schedule {
        company_id: allowed.company_id(),
        frequency,
        minimum,
        next_at: frequency.next_run(now),
        updated_by: allowed.caller().user_id(),
        updated_at: now,
    };
    app.db.transaction(async |conn| store::save_schedule(conn, &schedule).await).await?;
    Ok(schedule)
}

pub async fn find_schedule(app: &App, company_id: CompanyId) -> Result<Option<Schedule>, Error> {
    let mut conn = app.db.conn().await?;
    store::find_schedule(&mut conn, company_id).await
}
