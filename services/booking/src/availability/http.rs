//! Free times over HTTP.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::{Timestamp, civil::Date};
use kernel::{Money, RoomId, StudioId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Json, PageQuery, Path, Query};
use utoipa::{IntoParams, ToSchema};

use super::{
    Asked,
    commands::{self, AvailableTimes},
    model::Reason,
};
use crate::{
    local_time::{self, When},
    prices::model::AddOnChoice,
    rooms::model::MAX_DURATION_MINUTES,
    startup::App,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AvailableTimesQuery {
    room_id: RoomId,
    /// On the studio's calendar.
    #[param(value_type = String, format = Date, example = "2027-03-28")]
    date: String,
    #[param(minimum = 1, maximum = 10_080)]
    duration_minutes: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AvailableTimesResponse {
    room_id: RoomId,
    #[schema(value_type = String, format = Date)]
    date: Date,
    time_zone: String,
    slots: Vec<SlotResponse>,
}

/// By hand with its paging: `serde_urlencoded` reads no number through `flatten`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StudioTimesQuery {
    /// On the studio's calendar.
    #[param(value_type = String, format = Date, example = "2027-03-28")]
    date: String,
    #[param(minimum = 1, maximum = 10_080)]
    duration_minutes: i64,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StudioTimesResponse {
    studio_id: StudioId,
    #[schema(value_type = String, format = Date)]
    date: Date,
    time_zone: String,
    /// In the order the rooms were made.
    data: Vec<RoomTimes>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RoomTimes {
    room_id: RoomId,
    slots: Vec<SlotResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotResponse {
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// On the studio's clock, with its offset.
    local_starts_at: String,
    /// The gross total.
    price: Money,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckAvailabilityRequest {
    room_id: RoomId,
    starts_at: When,
    ends_at: When,
    #[serde(default)]
    add_ons: Vec<AddOnChoice>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAvailabilityResponse {
    available: bool,
    reasons: Vec<Reason>,
}

impl AvailableTimesResponse {
    fn of(times: AvailableTimes, date: Date) -> Self {
        let time_zone = times.calendar.time_zone.clone();
        let RoomTimes { room_id, slots } = times.into();
        Self { room_id, date, time_zone, slots }
    }
}

impl From<AvailableTimes> for RoomTimes {
    fn from(times: AvailableTimes) -> Self {
        let zone = times.calendar.zone;
        let slots = times.slots.into_iter().map(|(slot, price)| SlotResponse {
            starts_at: slot.start(),
            ends_at: slot.end(),
            local_starts_at: local_time::display(slot.start(), &zone),
            price,
        });
        Self { room_id: times.calendar.room.id, slots: slots.collect() }
    }
}

fn date(text: &str) -> Result<Date, Problem> {
    let date = text.parse::<Date>().ok();
    let written = |date: &Date| date.to_string() == text && (1900..=2999).contains(&date.year());
    date.filter(written).ok_or_else(|| {
        Problem::invalid("invalid_query", "The date is not valid.").at("/date", "expected a date such as 2027-03-28")
    })
}

fn minutes(minutes: i64) -> Result<i64, Problem> {
    if (1..=i64::from(MAX_DURATION_MINUTES)).contains(&minutes) {
        return Ok(minutes);
    }
    let detail = format!("expected 1 to {MAX_DURATION_MINUTES}");
    Err(Problem::invalid("invalid_query", "The duration is not valid.").at("/duration_minutes", detail))
}

/// Every free slot that starts on a date of the studio's calendar.
#[utoipa::path(
    tag = "availability",
    params(AvailableTimesQuery),
    responses(
        (status = 200, body = AvailableTimesResponse), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    )
)]
#[get("/api/bookings/available-times")]
pub async fn get_available_times(app: Data<App>, query: Query<AvailableTimesQuery>) -> Result<HttpResponse, Problem> {
    let (date, minutes) = (date(&query.date)?, minutes(query.duration_minutes)?);
    let times = commands::get_available_times(&app, query.room_id, date, minutes).await?;
    Ok(HttpResponse::Ok().json(AvailableTimesResponse::of(times, date)))
}

/// The same for all rooms of a studio that have prices, a page of them at a time.
#[utoipa::path(
    tag = "availability",
    params(("studio_id" = StudioId, Path), StudioTimesQuery),
    responses((status = 200, body = StudioTimesResponse), (status = 404, body = ProblemBody))
)]
#[get("/api/studios/{studio_id}/available-times")]
pub async fn list_available_times(
    app: Data<App>,
    studio_id: Path<StudioId>,
    query: Query<StudioTimesQuery>,
) -> Result<HttpResponse, Problem> {
    let (date, minutes) = (date(&query.date)?, minutes(query.duration_minutes)?);
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let keys = (page.after()?, page.limit()?);
    let (time_zone, page) = commands::list_available_times(&app, *studio_id, (date, minutes), keys).await?;
    let page = page.map(RoomTimes::from);
    let response =
        StudioTimesResponse { studio_id: *studio_id, date, time_zone, data: page.data, next_cursor: page.next_cursor };
    Ok(HttpResponse::Ok().json(response))
}

/// Whether an interval can be had, and everything that speaks against it.
#[utoipa::path(
    tag = "availability",
    request_body = CheckAvailabilityRequest,
    responses((status = 200, body = CheckAvailabilityResponse), (status = 404, body = ProblemBody))
)]
#[post("/api/bookings/check-availability")]
pub async fn check_availability(app: Data<App>, body: Json<CheckAvailabilityRequest>) -> Result<HttpResponse, Problem> {
    let asked = Asked { starts_at: body.starts_at, ends_at: body.ends_at };
    let reasons = commands::check_availability(&app, body.room_id, asked, &body.add_ons).await?;
    Ok(HttpResponse::Ok().json(CheckAvailabilityResponse { available: reasons.is_empty(), reasons }))
}
