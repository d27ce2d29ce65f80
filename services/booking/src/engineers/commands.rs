//! Making engineers, and when they are away.

use jiff::Timestamp;
use kernel::{AbsenceId, CompanyId, EngineerId};
use problem::Problem;
use service_kit::{Caller, CompanyManager};

use super::{
    EngineerError,
    claims::release_lapsed_in_tx,
    model::{Absence, Assignment, Engineer},
    store as engineers,
};
use crate::{companies::commands::ensure_company, interval::Interval, startup::App};

pub async fn create_engineer(app: &App, manager: &CompanyManager, name: String) -> Result<Engineer, Problem> {
    let company = ensure_company(app, manager.company_id()).await?;
    let engineer =
        Engineer { id: EngineerId::new(), company_id: company.id, name, retired: false, created_at: app.clock.now() };
    engineers::insert_engineer(&mut *app.db.conn().await?, &engineer).await?;
    Ok(engineer)
}

/// A retired engineer takes no new bookings and keeps those that exist.
pub async fn update_engineer(
    app: &App,
    caller: &Caller,
    id: EngineerId,
    name: String,
    retired: bool,
) -> Result<Engineer, Problem> {
    let (_, found) = managed(app, caller, id).await?;
    let engineer = Engineer { name, retired, ..found };
    if engineers::update_engineer(&mut *app.db.conn().await?, &engineer, app.clock.now()).await? {
        Ok(engineer)
    } else {
        Err(Problem::not_found())
    }
}

pub async fn list_engineers(
    app: &App,
    company_id: CompanyId,
    after: Option<EngineerId>,
    limit: i64,
) -> Result<Vec<Engineer>, EngineerError> {
    Ok(engineers::list_engineers(&mut *app.db.conn().await?, company_id, after, limit).await?)
}

/// Keeps an engineer from being booked. Refused where they are booked already: those bookings are moved or cancelled
/// first.
pub async fn add_absence(
    app: &App,
    caller: &Caller,
    id: EngineerId,
    interval: Interval,
    reason: Option<String>,
) -> Result<Absence, Problem> {
    let (_, engineer) = managed(app, caller, id).await?;
    let absence = Absence { id: AbsenceId::new(), engineer_id: engineer.id, interval, reason };
    let added = app.db.transaction(async |conn| {
        release_lapsed_in_tx(conn, engineer.id, interval, || app.clock.now()).await?;
        engineers::insert_absence(conn, &absence).await?;
        Ok::<_, EngineerError>(())
    });
    added.await?;
    Ok(absence)
}

pub async fn remove_absence(app: &App, caller: &Caller, id: EngineerId, absence_id: AbsenceId) -> Result<(), Problem> {
    let (_, engineer) = managed(app, caller, id).await?;
    let mut conn = app.db.conn().await?;
    let deleted = engineers::delete_absence(&mut conn, engineer.id, absence_id).await?;
    if deleted { Ok(()) } else { Err(Problem::not_found()) }
}

pub async fn list_absences(
    app: &App,
    caller: &Caller,
    id: EngineerId,
    after: Option<AbsenceId>,
    limit: i64,
) -> Result<Vec<Absence>, EngineerError> {
    let engineer = seen(app, caller, id).await?;
    Ok(engineers::list_absences(&mut *app.db.conn().await?, engineer.id, after, limit).await?)
}

/// The bookings an engineer is at from an instant on, for four weeks.
pub async fn list_assignments(
    app: &App,
    caller: &Caller,
    id: EngineerId,
    window: Interval,
) -> Result<Vec<Assignment>, EngineerError> {
    let engineer = seen(app, caller, id).await?;
    Ok(engineers::find_assignments(&mut *app.db.conn().await?, engineer.id, window).await?)
}

/// An engineer of a company the caller works for.
pub async fn seen(app: &App, caller: &Caller, id: EngineerId) -> Result<Engineer, EngineerError> {
    let companies: Vec<CompanyId> = caller.claims().companies.iter().map(|membership| membership.id).collect();
    let mut conn = app.db.conn().await?;
    engineers::find_engineer(&mut conn, id, &companies).await?.ok_or(EngineerError::NotFound)
}

/// The same with the proof that the caller manages the company.
async fn managed(app: &App, caller: &Caller, id: EngineerId) -> Result<(CompanyManager, Engineer), Problem> {
    let engineer = seen(app, caller, id).await?;
    Ok((caller.manager_of(engineer.company_id)?, engineer))
}

/// Four weeks from an instant on.
pub fn four_weeks(from: Timestamp) -> Interval {
    Interval::around(from, from + jiff::SignedDuration::from_hours(24 * 28), jiff::SignedDuration::ZERO)
}
