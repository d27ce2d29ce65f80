//! Rooms over HTTP.

use actix_web::{HttpResponse, delete, get, post, put, web::Data};
use jiff::Timestamp;
use kernel::{RoomId, StudioId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::{
    commands,
    model::{BookingMode, RoomPage, RoomSettings},
};
use crate::{
    equipment::http::ItemBody,
    photos::http::PhotoBody,
    prices::http::PriceListResponse,
    startup::App,
    upcoming::http::{BookingsAheadBody, DeleteQuery, deletion},
    validation::Validation,
};

const HOLD_MINUTES: i32 = 30;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRoomRequest {
    studio_id: StudioId,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(minimum = 1, maximum = 10_000)]
    capacity: i32,
    #[schema(minimum = 1, maximum = 10_080)]
    min_duration_minutes: i32,
    #[schema(minimum = 1, maximum = 10_080)]
    max_duration_minutes: Option<i32>,
    #[schema(minimum = 1, maximum = 1440)]
    slot_step_minutes: i32,
    #[schema(minimum = 0, maximum = 1440)]
    turnaround_minutes: i32,
    #[schema(minimum = 0, maximum = 525_600)]
    min_notice_minutes: i32,
    #[schema(minimum = 0, maximum = 1100)]
    max_advance_days: i32,
    /// 30 when absent.
    #[schema(minimum = 1, maximum = 10_080)]
    hold_minutes: Option<i32>,
    /// 0 when absent.
    #[schema(minimum = 0, maximum = 43_200)]
    free_cancellation_minutes: Option<i32>,
    booking_mode: BookingMode,
}

/// All settings of a room; those that are absent fall back to their defaults.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateRoomRequest {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(minimum = 1, maximum = 10_000)]
    capacity: i32,
    #[schema(minimum = 1, maximum = 10_080)]
    min_duration_minutes: i32,
    #[schema(minimum = 1, maximum = 10_080)]
    max_duration_minutes: Option<i32>,
    #[schema(minimum = 1, maximum = 1440)]
    slot_step_minutes: i32,
    #[schema(minimum = 0, maximum = 1440)]
    turnaround_minutes: i32,
    #[schema(minimum = 0, maximum = 525_600)]
    min_notice_minutes: i32,
    #[schema(minimum = 0, maximum = 1100)]
    max_advance_days: i32,
    #[schema(minimum = 1, maximum = 10_080)]
    hold_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 43_200)]
    free_cancellation_minutes: Option<i32>,
    booking_mode: BookingMode,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RoomResponse {
    id: RoomId,
    studio_id: StudioId,
    name: String,
    capacity: i32,
    min_duration_minutes: i32,
    max_duration_minutes: Option<i32>,
    slot_step_minutes: i32,
    turnaround_minutes: i32,
    min_notice_minutes: i32,
    max_advance_days: i32,
    hold_minutes: i32,
    free_cancellation_minutes: i32,
    booking_mode: BookingMode,
    /// In the order the studio shows them.
    photos: Vec<PhotoBody>,
    /// What stands in this room; what all rooms may use is the studio's.
    equipment: Vec<ItemBody>,
    /// Null until prices are set; the room cannot be booked before.
    prices: Option<PriceListResponse>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<RoomPage> for RoomResponse {
    fn from(RoomPage { room, prices, photos, equipment }: RoomPage) -> Self {
        let settings = room.settings;
        Self {
            id: room.id,
            studio_id: room.studio_id,
            name: settings.name,
            capacity: settings.capacity,
            min_duration_minutes: settings.min_duration_minutes,
            max_duration_minutes: settings.max_duration_minutes,
            slot_step_minutes: settings.slot_step_minutes,
            turnaround_minutes: settings.turnaround_minutes,
            min_notice_minutes: settings.min_notice_minutes,
            max_advance_days: settings.max_advance_days,
            hold_minutes: settings.hold_minutes,
            free_cancellation_minutes: settings.free_cancellation_minutes,
            booking_mode: settings.booking_mode,
            photos: photos.into_iter().map(PhotoBody::from).collect(),
            equipment: equipment.into_iter().map(ItemBody::from).collect(),
            prices: prices.map(PriceListResponse::from),
            created_at: room.created_at,
        }
    }
}

impl UpdateRoomRequest {
    fn validated(&self) -> Result<RoomSettings, Problem> {
        let mut validation = Validation::default();
        let settings = RoomSettings {
            name: validation.line("/name", &self.name, 120),
            capacity: self.capacity,
            min_duration_minutes: self.min_duration_minutes,
            max_duration_minutes: self.max_duration_minutes,
            slot_step_minutes: self.slot_step_minutes,
            turnaround_minutes: self.turnaround_minutes,
            min_notice_minutes: self.min_notice_minutes,
            max_advance_days: self.max_advance_days,
            hold_minutes: self.hold_minutes.unwrap_or(HOLD_MINUTES),
            free_cancellation_minutes: self.free_cancellation_minutes.unwrap_or(0),
            booking_mode: self.booking_mode,
        };
        settings.validate(&mut validation);
        validation.finish()?;
        Ok(settings)
    }
}

impl From<CreateRoomRequest> for UpdateRoomRequest {
    fn from(request: CreateRoomRequest) -> Self {
        Self {
            name: request.name,
            capacity: request.capacity,
            min_duration_minutes: request.min_duration_minutes,
            max_duration_minutes: request.max_duration_minutes,
            slot_step_minutes: request.slot_step_minutes,
            turnaround_minutes: request.turnaround_minutes,
            min_notice_minutes: request.min_notice_minutes,
            max_advance_days: request.max_advance_days,
            hold_minutes: request.hold_minutes,
            free_cancellation_minutes: request.free_cancellation_minutes,
            booking_mode: request.booking_mode,
        }
    }
}

/// Create a room in a studio of a company that the caller manages.
#[utoipa::path(
    tag = "rooms",
    request_body = CreateRoomRequest,
    responses((status = 201, body = RoomResponse), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/rooms")]
pub async fn create_room(
    app: Data<App>,
    caller: Caller,
    body: Json<CreateRoomRequest>,
) -> Result<HttpResponse, Problem> {
    let studio_id = body.studio_id;
    let settings = UpdateRoomRequest::from(body.into_inner()).validated()?;
    let room = commands::create_room(&app, &caller, studio_id, settings).await?;
    Ok(HttpResponse::Created().json(RoomResponse::from(room)))
}

/// Replace a room's settings. Bookings that exist keep the ones they were made under.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path)),
    request_body = UpdateRoomRequest,
    responses((status = 200, body = RoomResponse)),
    security(("bearer" = []))
)]
#[put("/api/rooms/{room_id}")]
pub async fn update_room(
    app: Data<App>,
    caller: Caller,
    id: Path<RoomId>,
    body: Json<UpdateRoomRequest>,
) -> Result<HttpResponse, Problem> {
    let room = commands::update_room(&app, &caller, *id, body.validated()?).await?;
    Ok(HttpResponse::Ok().json(RoomResponse::from(room)))
}

/// Delete a room; 409 with the bookings that lie ahead, unless they are to be cancelled.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path), DeleteQuery),
    responses((status = 204), (status = 409, body = BookingsAheadBody, content_type = "application/problem+json")),
    security(("bearer" = []))
)]
#[delete("/api/rooms/{room_id}")]
pub async fn delete_room(
    app: Data<App>,
    caller: Caller,
    id: Path<RoomId>,
    query: Query<DeleteQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(deletion(commands::delete_room(&app, &caller, *id, query.cancel_bookings).await?))
}

/// A room with its prices.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = RoomResponse))
)]
#[get("/api/rooms/{room_id}")]
pub async fn get_room(app: Data<App>, id: Path<RoomId>) -> Result<HttpResponse, Problem> {
    let room = commands::get_room(&app, *id).await?;
    Ok(HttpResponse::Ok().json(RoomResponse::from(room)))
}

/// A studio's rooms.
#[utoipa::path(
    tag = "rooms",
    params(("studio_id" = StudioId, Path), PageQuery),
    responses((status = 200, body = Page<RoomResponse>))
)]
#[get("/api/studios/{studio_id}/rooms")]
pub async fn list_rooms(
    app: Data<App>,
    studio_id: Path<StudioId>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let rooms = commands::list_rooms(&app, *studio_id, page.after()?, limit + 1).await?;
    let page = Page::of(rooms, limit, |room| room.room.id);
    Ok(HttpResponse::Ok().json(page.map(RoomResponse::from)))
}
