//! Cancelling, moving and filling dates of a series.

use actix_web::{HttpResponse, post, web::Data};
use kernel::SeriesId;
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Path, StoredAnswer};
use utoipa::ToSchema;

use super::SeriesResponse;
use crate::{
    local_time::ClockTime,
    rooms::model::MAX_DURATION_MINUTES,
    series::{
        commands::{self, NewSlots},
        model::{Extent, OnConflict, Scope},
    },
    startup::App,
    validation::Validation,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelSeriesRequest {
    scope: Scope,
    /// The date it begins with; needed unless it is about all of them.
    #[schema(minimum = 1)]
    number: Option<i32>,
    /// One line, up to 500 characters.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditSeriesRequest {
    scope: Scope,
    /// The date it begins with; needed unless it is about all of them.
    #[schema(minimum = 1)]
    number: Option<i32>,
    /// The new time on the studio's clock; as before when absent.
    starts: Option<ClockTime>,
    #[serde(default)]
    #[schema(minimum = -6, maximum = 6, default = 0)]
    days_later: i32,
    /// As before when absent.
    #[schema(minimum = 1, maximum = 10_080)]
    duration_minutes: Option<i64>,
    /// What happens when a date cannot be moved: none is, or it stays.
    #[serde(default)]
    on_conflict: OnConflict,
}

fn extent(validation: &mut Validation, scope: Scope, number: Option<i32>) -> Extent {
    let given = number.is_some_and(|number| number > 0);
    validation.demand(given || (scope == Scope::All && number.is_none()), "/number", "expected the number of a date");
    Extent { scope, number: number.unwrap_or(1) }
}

impl EditSeriesRequest {
    fn validated(&self) -> Result<NewSlots, Problem> {
        let mut validation = Validation::default();
        let extent = extent(&mut validation, self.scope, self.number);
        validation.within("/days_later", self.days_later, -6..=6);
        let minutes = self.duration_minutes;
        validation.within("/duration_minutes", minutes.unwrap_or(1), 1..=i64::from(MAX_DURATION_MINUTES));
        let starts_on_the_day = self.starts.is_none_or(|starts| starts.minutes() < 1440);
        validation.demand(starts_on_the_day, "/starts", "24:00 is the next day's 00:00");
        validation.finish()?;
        let (clock, days_later, on_conflict) = (self.starts, self.days_later, self.on_conflict);
        Ok(NewSlots { extent, clock, days_later, minutes, on_conflict })
    }
}

/// Cancel one date, one and those after it, or all that lie ahead: each booking under its own policy.
#[utoipa::path(
    tag = "series",
    params(("series_id" = SeriesId, Path)),
    request_body = CancelSeriesRequest,
    responses((status = 200, body = SeriesResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/bookings/series/{series_id}/cancel")]
pub async fn cancel_series(
    app: Data<App>,
    caller: Caller,
    id: Path<SeriesId>,
    body: Json<CancelSeriesRequest>,
) -> Result<HttpResponse, Problem> {
    let mut validation = Validation::default();
    let extent = extent(&mut validation, body.scope, body.number);
    let reason = validation.optional_line("/reason", body.reason.as_deref(), 500);
    validation.finish()?;
    let whole = commands::cancel_series(&app, &caller, *id, extent, reason).await?;
    Ok(HttpResponse::Ok().json(SeriesResponse::from(&whole)))
}

/// Move dates to another time or day, or make them longer or shorter: each booking is moved as it would be alone.
#[utoipa::path(
    tag = "series",
    params(("series_id" = SeriesId, Path)),
    request_body = EditSeriesRequest,
    responses((status = 200, body = SeriesResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/bookings/series/{series_id}/edit")]
pub async fn edit_series(
    app: Data<App>,
    caller: Caller,
    id: Path<SeriesId>,
    body: Json<EditSeriesRequest>,
) -> Result<HttpResponse, Problem> {
    let whole = commands::edit_series(&app, &caller, *id, body.validated()?).await?;
    Ok(HttpResponse::Ok().json(SeriesResponse::from(&whole)))
}

/// Book the dates that were skipped, and those whose hold lapsed, where they can be had by now.
#[utoipa::path(
    tag = "series",
    params(("series_id" = SeriesId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SeriesResponse)),
    security(("bearer" = []))
)]
#[post("/api/bookings/series/{series_id}/fill")]
pub async fn fill_series(
    app: Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    id: Path<SeriesId>,
) -> Result<StoredAnswer, Problem> {
    // There is no body: what tells one request from another is the series.
    let mut fingerprint = [0; 32];
    fingerprint[..16].copy_from_slice(id.uuid().as_bytes());
    let request = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/bookings/series/{series_id}/fill",
        key,
        fingerprint,
        scope: service_kit::Scope::Default,
        now: app.clock.now(),
    };
    Ok(commands::fill_series(&app, &caller, &request, *id, |whole| SeriesResponse::from(whole)).await?)
}
