//! Calendars over HTTP.

use actix_web::{HttpResponse, delete, get, post, web::Data};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use kernel::{CalendarId, RoomId, StudioId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::{
    commands,
    fetch::parse_url,
    model::{Feed, FeedOf, Import},
};
use crate::{
    rooms::commands::manager_of_room, startup::App, studios::commands::staff_of_studio, validation::Validation,
};

/// What a feed shows: the bookings of a room or of a studio, for whom the caller works, or the caller's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateFeedRequest {
    room_id: Option<RoomId>,
    studio_id: Option<StudioId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FeedResponse {
    id: CalendarId,
    room_id: Option<RoomId>,
    studio_id: Option<StudioId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The only answer that has the address. Whoever knows it reads the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedFeedResponse {
    #[serde(flatten)]
    feed: FeedResponse,
    token: String,
    /// Below the address of this API.
    path: String,
}

impl From<&Feed> for FeedResponse {
    fn from(feed: &Feed) -> Self {
        let (room_id, studio_id) = match feed.of {
            FeedOf::Room(id) => (Some(id), None),
            FeedOf::Studio(id) => (None, Some(id)),
            FeedOf::Customer(_) => (None, None),
        };
        Self { id: feed.id, room_id, studio_id, created_at: feed.created_at }
    }
}

impl CreateFeedRequest {
    async fn authorised(&self, app: &App, caller: &Caller) -> Result<FeedOf, Problem> {
        match (self.room_id, self.studio_id) {
            (Some(_), Some(_)) => {
                Err(Problem::invalid("validation_failed", "A feed shows one thing.")
                    .at("/studio_id", "not with room_id"))
            }
            (Some(room_id), None) => {
                crate::bookings::commands::staff_of_rooms(app, caller, &[room_id]).await?;
                Ok(FeedOf::Room(room_id))
            }
            (None, Some(studio_id)) => {
                staff_of_studio(app, caller, studio_id).await?;
                Ok(FeedOf::Studio(studio_id))
            }
            (None, None) => Ok(FeedOf::Customer(caller.user_id())),
        }
    }
}

/// Logs leave out what begins so in a path. Older addresses have no prefix, and work on: what counts is the whole token.
const TOKEN_PREFIX: &str = "rtc_";

/// Make an address at which a calendar program reads bookings: of a room, of a studio, or the caller's own.
#[utoipa::path(
    tag = "calendars",
    request_body = CreateFeedRequest,
    responses((status = 201, body = CreatedFeedResponse), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/calendar/feeds")]
pub async fn create_feed(
    app: Data<App>,
    caller: Caller,
    body: Json<CreateFeedRequest>,
) -> Result<HttpResponse, Problem> {
    let of = body.authorised(&app, &caller).await?;
    let token = format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let feed = commands::create_feed(&app, &caller, of, &token).await?;
    let path = format!("/api/calendar/{token}.ics");
    Ok(HttpResponse::Created().json(CreatedFeedResponse { feed: FeedResponse::from(&feed), token, path }))
}

/// The caller's feeds, without their addresses.
#[utoipa::path(
    tag = "calendars",
    params(PageQuery),
    responses((status = 200, body = Page<FeedResponse>)),
    security(("bearer" = []))
)]
#[get("/api/calendar/feeds")]
pub async fn list_feeds(app: Data<App>, caller: Caller, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let feeds = commands::list_feeds(&app, &caller, page.after()?, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(feeds, limit, |feed| feed.id).map(|feed| FeedResponse::from(&feed))))
}

/// Revoke a feed: from now on its address shows nothing.
#[utoipa::path(
    tag = "calendars",
    params(("calendar_id" = CalendarId, Path)),
    responses((status = 204)),
    security(("bearer" = []))
)]
#[delete("/api/calendar/feeds/{calendar_id}")]
pub async fn delete_feed(app: Data<App>, caller: Caller, id: Path<CalendarId>) -> Result<HttpResponse, Problem> {
    commands::delete_feed(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The calendar of a feed (iCalendar). The token is all it takes.
#[utoipa::path(
    tag = "calendars",
    params(("token" = String, Path)),
    responses((status = 200, content_type = "text/calendar", body = String), (status = 404, body = ProblemBody))
)]
#[get("/api/calendar/{token}.ics")]
pub async fn show_feed(app: Data<App>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let text = commands::show_feed(&app, &token).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("cache-control", "private, max-age=300"))
        .body(text))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateImportRequest {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// `https` or `webcal`.
    #[schema(max_length = 2000)]
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportResponse {
    id: CalendarId,
    room_id: RoomId,
    name: String,
    url: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When what is known of it was last true; null before it has been read.
    #[schema(value_type = Option<String>, format = DateTime)]
    fetched_at: Option<Timestamp>,
    /// Why it could not be read the last time; what was known before counts on.
    last_error: Option<String>,
}

/// The calendars that a room imports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportsResponse {
    data: Vec<ImportResponse>,
}

impl From<Import> for ImportResponse {
    fn from(import: Import) -> Self {
        Self {
            id: import.id,
            room_id: import.room_id,
            name: import.name,
            url: import.url,
            created_at: import.created_at,
            fetched_at: import.fetched_at,
            last_error: import.last_error,
        }
    }
}

impl CreateImportRequest {
    fn validated(&self, app: &App) -> Result<(String, String), Problem> {
        let mut validation = Validation::default();
        let name = validation.line("/name", &self.name, 120);
        let url = parse_url(&self.url, commands::reach(app)).filter(|_| self.url.len() <= 2000);
        validation.demand(url.is_some(), "/url", "expected an address such as https://example.com/busy.ics");
        validation.finish()?;
        Ok((name, url.map(String::from).unwrap_or_default()))
    }
}

/// Import a calendar: while it is busy, the room is occupied. It is read every quarter of an hour.
#[utoipa::path(
    tag = "calendars",
    params(("room_id" = RoomId, Path)),
    request_body = CreateImportRequest,
    responses((status = 201, body = ImportResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/rooms/{room_id}/calendars")]
pub async fn create_import(
    app: Data<App>,
    caller: Caller,
    room_id: Path<RoomId>,
    body: Json<CreateImportRequest>,
) -> Result<HttpResponse, Problem> {
    let manager = manager_of_room(&app, &caller, *room_id).await?;
    let (name, url) = body.validated(&app)?;
    let import = Import {
        id: CalendarId::new(),
        room_id: *room_id,
        company_id: manager.company_id(),
        name,
        url,
        created_at: app.clock.now(),
        fetched_at: None,
        failures: 0,
        last_error: None,
    };
    commands::create_import(&app, &caller, &import).await?;
    Ok(HttpResponse::Created().json(ImportResponse::from(import)))
}

/// The calendars that a room imports, and how reading them went.
#[utoipa::path(
    tag = "calendars",
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = ImportsResponse)),
    security(("bearer" = []))
)]
#[get("/api/rooms/{room_id}/calendars")]
pub async fn list_imports(app: Data<App>, caller: Caller, room_id: Path<RoomId>) -> Result<HttpResponse, Problem> {
    manager_of_room(&app, &caller, *room_id).await?;
    let imports = commands::list_imports(&app, *room_id).await?;
    let data = imports.into_iter().map(ImportResponse::from).collect();
    Ok(HttpResponse::Ok().json(ImportsResponse { data }))
}

/// Import a calendar no longer. What it occupied is free again.
#[utoipa::path(
    tag = "calendars",
    params(("room_id" = RoomId, Path), ("calendar_id" = CalendarId, Path)),
    responses((status = 204)),
    security(("bearer" = []))
)]
#[delete("/api/rooms/{room_id}/calendars/{calendar_id}")]
pub async fn delete_import(
    app: Data<App>,
    caller: Caller,
    path: Path<(RoomId, CalendarId)>,
) -> Result<HttpResponse, Problem> {
    let (room_id, id) = *path;
    manager_of_room(&app, &caller, room_id).await?;
    commands::delete_import(&app, room_id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
