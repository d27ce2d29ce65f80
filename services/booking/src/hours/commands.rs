//! Setting and reading hours.

use kernel::StudioId;
use problem::Problem;
use service_kit::Caller;

use super::{HoursError, model::Hours, store as hours};
use crate::{
    startup::App,
    studios::store::{self as studios, StudioKey},
};

/// Hours with the zone whose clock they are read on.
#[derive(Debug)]
pub struct StudioHours {
    pub hours: Hours,
    pub time_zone: String,
}

/// Replaces all hours of a studio that the caller's company runs. Bookings that exist stay as they are.
pub async fn set_hours(app: &App, caller: &Caller, id: StudioId, new: Hours) -> Result<StudioHours, Problem> {
    let company = studios::find_company_of(&mut *app.db.conn().await?, id).await?;
    caller.manager_of(company.ok_or_else(Problem::not_found)?)?;
    let replaced = app.db.transaction(async |conn| {
        studios::lock_studio(conn, id).await?;
        hours::replace_hours(conn, id, &new).await?;
        Ok::<_, HoursError>(())
    });
    replaced.await?;
    Ok(get_hours(app, id).await?)
}

pub async fn get_hours(app: &App, id: StudioId) -> Result<StudioHours, HoursError> {
    let mut conn = app.db.conn().await?;
    let studio = studios::find_studio(&mut conn, &StudioKey::Id(id)).await?.ok_or(HoursError::NotFound)?;
    Ok(StudioHours { hours: hours::find_hours(&mut conn, id).await?, time_zone: studio.time_zone })
}
