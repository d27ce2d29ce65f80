//! Operating hours over HTTP.

use actix_web::{HttpResponse, delete, get, post, web::Data};
use kernel::StudioId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::{
    commands::{self, StudioHours},
    model::Hours,
};
use crate::{
    local_time::{ClockTime, Weekday, WeeklySpan},
    startup::App,
    upcoming::http::AffectedBookings,
    validation::Validation,
};

/// A week has no use for more.
const MAX_SPANS: usize = 100;

/// One opening of a week on the studio's clock. Closing at or before opening means the next day; `00:00` to `24:00` is
/// all day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanBody {
    weekday: Weekday,
    opens: ClockTime,
    closes: ClockTime,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetHoursRequest {
    hours: Vec<SpanBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HoursResponse {
    hours: Vec<SpanBody>,
    time_zone: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SetHoursResponse {
    #[serde(flatten)]
    hours: HoursResponse,
    /// A warning: the bookings that lie ahead outside these hours. They stand; cancel or move them where they should not.
    orphaned_bookings: AffectedBookings,
}

impl From<WeeklySpan> for SpanBody {
    fn from(span: WeeklySpan) -> Self {
        Self { weekday: span.weekday, opens: span.from(), closes: span.to() }
    }
}

impl From<StudioHours> for HoursResponse {
    fn from(hours: StudioHours) -> Self {
        let spans = hours.hours.spans().iter().copied().map(SpanBody::from).collect();
        Self { hours: spans, time_zone: hours.time_zone }
    }
}

impl SetHoursRequest {
    fn validated(&self) -> Result<Hours, Problem> {
        let mut validation = Validation::default();
        validation.demand(self.hours.len() <= MAX_SPANS, "/hours", "too many spans");
        let mut spans = Vec::with_capacity(self.hours.len());
        for (index, span) in self.hours.iter().enumerate().take(MAX_SPANS) {
            match WeeklySpan::new(span.weekday, span.opens, span.closes) {
                Some(span) => spans.push(span),
                None => validation.refuse(format!("/hours/{index}/opens"), "24:00 is the next day's 00:00"),
            }
        }
        validation.finish()?;
        Hours::new(spans).map_err(|overlap| {
            let detail = format!("overlaps /hours/{}", overlap.0);
            Problem::invalid("hours_overlap", "Opening hours must not overlap.")
                .at(format!("/hours/{}", overlap.1), detail)
        })
    }
}

/// Replace a studio's operating hours. Bookings outside the new ones stand, and are answered as a warning.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    request_body = SetHoursRequest,
    responses((status = 200, body = SetHoursResponse)),
    security(("bearer" = []))
)]
#[post("/api/studios/{studio_id}/operating-hours")]
pub async fn set_hours(
    app: Data<App>,
    caller: Caller,
    id: Path<StudioId>,
    body: Json<SetHoursRequest>,
) -> Result<HttpResponse, Problem> {
    let (hours, orphaned) = commands::set_hours(&app, &caller, *id, body.validated()?).await?;
    let response = SetHoursResponse { hours: hours.into(), orphaned_bookings: orphaned.into() };
    Ok(HttpResponse::Ok().json(response))
}

/// Remove all of a studio's operating hours: it is closed until it has new ones.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    responses((status = 200, body = SetHoursResponse)),
    security(("bearer" = []))
)]
#[delete("/api/studios/{studio_id}/operating-hours")]
pub async fn remove_hours(app: Data<App>, caller: Caller, id: Path<StudioId>) -> Result<HttpResponse, Problem> {
    let (hours, orphaned) = commands::set_hours(&app, &caller, *id, Hours::default()).await?;
    let response = SetHoursResponse { hours: hours.into(), orphaned_bookings: orphaned.into() };
    Ok(HttpResponse::Ok().json(response))
}

/// A studio's operating hours.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    responses((status = 200, body = HoursResponse))
)]
#[get("/api/studios/{studio_id}/operating-hours")]
pub async fn get_hours(app: Data<App>, id: Path<StudioId>) -> Result<HttpResponse, Problem> {
    let hours = commands::get_hours(&app, *id).await?;
    Ok(HttpResponse::Ok().json(HoursResponse::from(hours)))
}
