//! Blackouts over HTTP.

use actix_web::{HttpResponse, delete, get, post, web::Data};
use jiff::civil::Date;
use kernel::{BlackoutId, RoomId, StudioId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::{
    commands::{self, Created, NewBlackout},
    model::{Blackout, Days, DaysError},
};
use crate::{local_time::ClockTime, startup::App, upcoming::http::AffectedBookings, validation::Validation};

/// Whole days, or from a time of the first day to a time of the last, on the studio's clock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBlackoutRequest {
    /// All rooms of the studio when absent.
    room_id: Option<RoomId>,
    #[schema(value_type = String, format = Date, example = "2027-12-24")]
    first_day: Date,
    /// Included; the first day when absent.
    #[schema(value_type = Option<String>, format = Date, example = "2027-12-26")]
    last_day: Option<Date>,
    /// On the first day; its beginning when absent.
    from: Option<ClockTime>,
    /// On the last day; its end when absent.
    to: Option<ClockTime>,
    /// Every year from the first day's year on.
    #[serde(default)]
    yearly: bool,
    /// Shown to everybody.
    #[schema(max_length = 200)]
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BlackoutResponse {
    id: BlackoutId,
    studio_id: StudioId,
    /// Null for all rooms of the studio.
    room_id: Option<RoomId>,
    #[schema(value_type = String, format = Date)]
    first_day: Date,
    #[schema(value_type = String, format = Date)]
    last_day: Date,
    from: Option<ClockTime>,
    to: Option<ClockTime>,
    yearly: bool,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreateBlackoutResponse {
    #[serde(flatten)]
    blackout: BlackoutResponse,
    /// A warning: the bookings that lie in it. They stand; cancel or move them where they should not.
    orphaned_bookings: AffectedBookings,
}

impl From<Blackout> for BlackoutResponse {
    fn from(blackout: Blackout) -> Self {
        let days = blackout.days;
        Self {
            id: blackout.id,
            studio_id: blackout.studio_id,
            room_id: blackout.room_id,
            first_day: days.first,
            last_day: days.last,
            from: days.from_minute.and_then(ClockTime::from_minutes),
            to: days.to_minute.and_then(ClockTime::from_minutes),
            yearly: blackout.yearly,
            reason: blackout.reason,
        }
    }
}

impl From<Created> for CreateBlackoutResponse {
    fn from(created: Created) -> Self {
        Self { blackout: created.blackout.into(), orphaned_bookings: created.orphaned.into() }
    }
}

impl CreateBlackoutRequest {
    fn validated(&self) -> Result<NewBlackout, Problem> {
        let mut validation = Validation::default();
        let last = self.last_day.unwrap_or(self.first_day);
        for (pointer, date) in [("/first_day", self.first_day), ("/last_day", last)] {
            validation.within(pointer, date.year(), 1900..=2999);
        }
        let minutes = |time: ClockTime| time.minutes();
        let (from_minute, to_minute) = (self.from.map(minutes), self.to.map(minutes));
        validation.demand(from_minute != Some(1440), "/from", "24:00 is the next day's 00:00");
        validation.demand(to_minute != Some(0), "/to", "00:00 is the end of the day before");
        let reason = validation.optional_line("/reason", self.reason.as_deref(), 200);
        let days = Days { first: self.first_day, last, from_minute, to_minute };
        if let Err(error) = days.checked() {
            let pointer = if error == DaysError::EndsBeforeStartOfDay { "/to" } else { "/last_day" };
            validation.refuse(pointer, error.to_string());
        }
        validation.finish()?;
        Ok(NewBlackout { room_id: self.room_id, days, yearly: self.yearly, reason })
    }
}

/// Close a studio, or one of its rooms, for some days or a span of time, once or every year. Bookings that lie in it stand,
/// and are answered as a warning.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    request_body = CreateBlackoutRequest,
    responses((status = 201, body = CreateBlackoutResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/studios/{studio_id}/blackouts")]
pub async fn create_blackout(
    app: Data<App>,
    caller: Caller,
    id: Path<StudioId>,
    body: Json<CreateBlackoutRequest>,
) -> Result<HttpResponse, Problem> {
    let created = commands::create_blackout(&app, &caller, *id, &body.validated()?).await?;
    Ok(HttpResponse::Created().json(CreateBlackoutResponse::from(created)))
}

/// A studio's blackouts in the order they were made.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path), PageQuery),
    responses((status = 200, body = Page<BlackoutResponse>))
)]
#[get("/api/studios/{studio_id}/blackouts")]
pub async fn list_blackouts(
    app: Data<App>,
    id: Path<StudioId>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let blackouts = commands::list_blackouts(&app, *id, page.after()?, limit + 1).await?;
    let page = Page::of(blackouts, limit, |blackout| blackout.id);
    Ok(HttpResponse::Ok().json(page.map(BlackoutResponse::from)))
}

/// Take a blackout back.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path), ("blackout_id" = BlackoutId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[delete("/api/studios/{studio_id}/blackouts/{blackout_id}")]
pub async fn delete_blackout(
    app: Data<App>,
    caller: Caller,
    path: Path<(StudioId, BlackoutId)>,
) -> Result<HttpResponse, Problem> {
    commands::delete_blackout(&app, &caller, path.0.0, path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}
