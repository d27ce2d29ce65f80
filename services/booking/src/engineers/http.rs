//! Engineers over HTTP.

use actix_web::{HttpResponse, delete, get, post, put, web::Data};
use jiff::{SignedDuration, Timestamp};
use kernel::{AbsenceId, BookingId, CompanyId, EngineerId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::{IntoParams, ToSchema};

use super::{
    commands,
    model::{Absence, Assignment, Engineer},
};
use crate::{interval::Interval, local_time::is_plausible, startup::App, validation::Validation};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateEngineerRequest {
    company_id: CompanyId,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateEngineerRequest {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// Takes no new bookings; those that exist stay.
    #[serde(default)]
    retired: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EngineerResponse {
    id: EngineerId,
    company_id: CompanyId,
    name: String,
    retired: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAbsenceRequest {
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    #[schema(max_length = 200)]
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AbsenceResponse {
    id: AbsenceId,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    reason: Option<String>,
}

/// The bookings of four weeks.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleResponse {
    data: Vec<AssignmentResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentResponse {
    booking_id: BookingId,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
}

/// Whose engineers, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListEngineersQuery {
    company_id: CompanyId,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ScheduleQuery {
    /// Now when absent.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
}

impl From<Engineer> for EngineerResponse {
    fn from(engineer: Engineer) -> Self {
        let Engineer { id, company_id, name, retired, created_at } = engineer;
        Self { id, company_id, name, retired, created_at }
    }
}

impl From<Absence> for AbsenceResponse {
    fn from(absence: Absence) -> Self {
        let (starts_at, ends_at) = (absence.interval.start(), absence.interval.end());
        Self { id: absence.id, starts_at, ends_at, reason: absence.reason }
    }
}

impl From<Assignment> for AssignmentResponse {
    fn from(assignment: Assignment) -> Self {
        let (starts_at, ends_at) = (assignment.interval.start(), assignment.interval.end());
        Self { booking_id: assignment.booking_id, starts_at, ends_at }
    }
}

const LONGEST_ABSENCE: SignedDuration = SignedDuration::from_hours(24 * 366);

impl AddAbsenceRequest {
    fn validated(&self) -> Result<(Interval, Option<String>), Problem> {
        let mut validation = Validation::default();
        let reason = validation.optional_line("/reason", self.reason.as_deref(), 200);
        for (pointer, instant) in [("/starts_at", self.starts_at), ("/ends_at", self.ends_at)] {
            validation.demand(is_plausible(instant), pointer, "expected a year from 1900 to 2999");
        }
        let interval = Interval::new(self.starts_at, self.ends_at);
        let sensible =
            interval.is_some_and(|interval| interval.start().duration_until(interval.end()) <= LONGEST_ABSENCE);
        validation.demand(sensible, "/ends_at", "expected an instant after the start, at most 366 days later");
        validation.finish()?;
        interval.map(|interval| (interval, reason)).ok_or_else(Problem::not_found)
    }
}

/// Add an engineer to a company that the caller manages.
#[utoipa::path(
    tag = "engineers",
    request_body = CreateEngineerRequest,
    responses((status = 201, body = EngineerResponse), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/engineers")]
pub async fn create_engineer(
    app: Data<App>,
    caller: Caller,
    body: Json<CreateEngineerRequest>,
) -> Result<HttpResponse, Problem> {
    let manager = caller.manager_of(body.company_id)?;
    let mut validation = Validation::default();
    let name = validation.line("/name", &body.name, 120);
    validation.finish()?;
    let engineer = commands::create_engineer(&app, &manager, name).await?;
    Ok(HttpResponse::Created().json(EngineerResponse::from(engineer)))
}

/// The engineers of a company the caller works for.
#[utoipa::path(
    tag = "engineers",
    params(ListEngineersQuery),
    responses((status = 200, body = Page<EngineerResponse>), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[get("/api/engineers")]
pub async fn list_engineers(
    app: Data<App>,
    caller: Caller,
    query: Query<ListEngineersQuery>,
) -> Result<HttpResponse, Problem> {
    let staff = caller.staff_of(query.company_id)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let limit = page.limit()?;
    let found = commands::list_engineers(&app, staff.company_id(), page.after()?, limit + 1).await?;
    let page = Page::of(found, limit, |engineer| engineer.id);
    Ok(HttpResponse::Ok().json(page.map(EngineerResponse::from)))
}

/// An engineer of a company the caller works for.
#[utoipa::path(
    tag = "engineers",
    params(("engineer_id" = EngineerId, Path)),
    responses((status = 200, body = EngineerResponse)),
    security(("bearer" = []))
)]
#[get("/api/engineers/{engineer_id}")]
pub async fn get_engineer(app: Data<App>, caller: Caller, id: Path<EngineerId>) -> Result<HttpResponse, Problem> {
    let engineer = commands::seen(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(EngineerResponse::from(engineer)))
}

/// Rename or retire an engineer.
#[utoipa::path(
    tag = "engineers",
    params(("engineer_id" = EngineerId, Path)),
    request_body = UpdateEngineerRequest,
    responses((status = 200, body = EngineerResponse)),
    security(("bearer" = []))
)]
#[put("/api/engineers/{engineer_id}")]
pub async fn update_engineer(
    app: Data<App>,
    caller: Caller,
    id: Path<EngineerId>,
    body: Json<UpdateEngineerRequest>,
) -> Result<HttpResponse, Problem> {
    let mut validation = Validation::default();
    let name = validation.line("/name", &body.name, 120);
    validation.finish()?;
    let engineer = commands::update_engineer(&app, &caller, *id, name, body.retired).await?;
    Ok(HttpResponse::Ok().json(EngineerResponse::from(engineer)))
}

/// The bookings an engineer is at, from an instant on for four weeks.
#[utoipa::path(
    tag = "engineers",
    params(("engineer_id" = EngineerId, Path), ScheduleQuery),
    responses((status = 200, body = ScheduleResponse)),
    security(("bearer" = []))
)]
#[get("/api/engineers/{engineer_id}/schedule")]
pub async fn get_schedule(
    app: Data<App>,
    caller: Caller,
    id: Path<EngineerId>,
    query: Query<ScheduleQuery>,
) -> Result<HttpResponse, Problem> {
    let from = query.from.unwrap_or_else(|| app.clock.now());
    if !is_plausible(from) {
        return Err(Problem::invalid("invalid_query", "The instant is not valid.").at("/from", "years 1900 to 2999"));
    }
    let found = commands::list_assignments(&app, &caller, *id, commands::four_weeks(from)).await?;
    let data = found.into_iter().map(AssignmentResponse::from).collect();
    Ok(HttpResponse::Ok().json(ScheduleResponse { data }))
}

/// Keep an engineer from being booked for a while. Refused where they are booked already.
#[utoipa::path(
    tag = "engineers",
    params(("engineer_id" = EngineerId, Path)),
    request_body = AddAbsenceRequest,
    responses((status = 201, body = AbsenceResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/engineers/{engineer_id}/absences")]
pub async fn add_absence(
    app: Data<App>,
    caller: Caller,
    id: Path<EngineerId>,
    body: Json<AddAbsenceRequest>,
) -> Result<HttpResponse, Problem> {
    let (interval, reason) = body.validated()?;
    let absence = commands::add_absence(&app, &caller, *id, interval, reason).await?;
    Ok(HttpResponse::Created().json(AbsenceResponse::from(absence)))
}

/// When an engineer is away.
#[utoipa::path(
    tag = "engineers",
    params(("engineer_id" = EngineerId, Path), PageQuery),
    responses((status = 200, body = Page<AbsenceResponse>)),
    security(("bearer" = []))
)]
#[get("/api/engineers/{engineer_id}/absences")]
pub async fn list_absences(
    app: Data<App>,
    caller: Caller,
    id: Path<EngineerId>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let found = commands::list_absences(&app, &caller, *id, page.after()?, limit + 1).await?;
    let page = Page::of(found, limit, |absence| absence.id);
    Ok(HttpResponse::Ok().json(page.map(AbsenceResponse::from)))
}

/// The engineer is there after all.
#[utoipa::path(
    tag = "engineers",
    params(("engineer_id" = EngineerId, Path), ("absence_id" = AbsenceId, Path)),
    responses((status = 204)),
    security(("bearer" = []))
)]
#[delete("/api/engineers/{engineer_id}/absences/{absence_id}")]
pub async fn remove_absence(
    app: Data<App>,
    caller: Caller,
    ids: Path<(EngineerId, AbsenceId)>,
) -> Result<HttpResponse, Problem> {
    let (engineer_id, absence_id) = *ids;
    commands::remove_absence(&app, &caller, engineer_id, absence_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
