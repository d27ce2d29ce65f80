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
    commands::{self, AvailableTimes, Checked},
    model::Reason,
    rooms_of,
    together::MAX_ROOMS,
};
use crate::{
    interval::Interval,
    local_time::{self, When},
    prices::model::AddOnChoice,
    rooms::model::MAX_DURATION_MINUTES,
    startup::App,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AvailableTimesQuery {
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are wanted together, with commas between them.
    #[param(example = "rom_01h455vb4pex5vsknk084sn02q,rom_01h455vb4pex5vsknk084sn02r")]
    room_ids: Option<String>,
    /// On the studio's calendar.
    #[param(value_type = String, format = Date, example = "2027-03-28")]
    date: String,
    #[param(minimum = 1, maximum = 10_080)]
    duration_minutes: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AvailableTimesResponse {
    /// The first one, where several were asked for.
    room_id: RoomId,
    room_ids: Vec<RoomId>,
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
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are wanted together.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    starts_at: When,
    ends_at: When,
    #[serde(default)]
    add_ons: Vec<AddOnChoice>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAvailabilityResponse {
    available: bool,
    reasons: Vec<Reason>,
    time_zone: String,
    /// On the studio's clock, with its offset.
    local_starts_at: String,
    local_ends_at: String,
}

impl From<Checked> for CheckAvailabilityResponse {
    fn from(checked: Checked) -> Self {
        let Checked { time_zone, zone, interval, reasons } = checked;
        Self {
            available: reasons.is_empty(),
            reasons,
            local_starts_at: local_time::display(interval.start(), &zone),
            local_ends_at: local_time::display(interval.end(), &zone),
            time_zone,
        }
    }
}

impl AvailableTimesResponse {
    fn of(times: AvailableTimes, room_id: RoomId, room_ids: Vec<RoomId>, date: Date) -> Self {
        let time_zone = times.time_zone.clone();
        Self { room_id, room_ids, date, time_zone, slots: slots_of(times) }
    }
}

fn slots_of(times: AvailableTimes) -> Vec<SlotResponse> {
    let zone = times.zone;
    let slot = |(slot, price): (Interval, Money)| SlotResponse {
        starts_at: slot.start(),
        ends_at: slot.end(),
        local_starts_at: local_time::display(slot.start(), &zone),
        price,
    };
    times.slots.into_iter().map(slot).collect()
}

impl AvailableTimesQuery {
    fn rooms(&self) -> Result<Vec<RoomId>, Problem> {
        let Some(listed) = &self.room_ids else { return rooms_of(self.room_id, None) };
        let parsed: Result<Vec<RoomId>, _> = listed.split(',').take(MAX_ROOMS + 1).map(str::parse).collect();
        let parsed = parsed.map_err(|_| {
            Problem::invalid("invalid_query", "The rooms are not valid.").at("/room_ids", "expected ids with commas")
        });
        rooms_of(self.room_id, Some(&parsed?))
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
    let (date, minutes, room_ids) = (date(&query.date)?, minutes(query.duration_minutes)?, query.rooms()?);
    let times = commands::get_available_times(&app, &room_ids, date, minutes).await?;
    Ok(HttpResponse::Ok().json(AvailableTimesResponse::of(times, room_ids[0], room_ids, date)))
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
    let page = page.map(|(room_id, times)| RoomTimes { room_id, slots: slots_of(times) });
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
    let rooms = rooms_of(body.room_id, body.room_ids.as_deref())?;
    let checked = commands::check_availability(&app, &rooms, asked, &body.add_ons).await?;
    Ok(HttpResponse::Ok().json(CheckAvailabilityResponse::from(checked)))
}
