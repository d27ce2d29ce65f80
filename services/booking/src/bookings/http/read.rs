//! Looking at bookings over HTTP.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::{Timestamp, tz::TimeZone};
use kernel::{BookingId, CompanyId, RoomId, StudioId, UserId};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{
    bookings::{
        commands,
        model::{Booking, Status},
        store::{BookingFilter, ListKey, Whose},
    },
    local_time::{When, is_plausible},
    startup::App,
    validation::Validation,
};

/// What to look for; absent is anything.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterBookingsRequest {
    /// Bookings of this company, for which the caller works; the caller's own when absent.
    company_id: Option<CompanyId>,
    studio_id: Option<StudioId>,
    room_id: Option<RoomId>,
    customer_id: Option<UserId>,
    #[serde(default)]
    status: Vec<Status>,
    /// Bookings that start at this instant or later; without an offset it is UTC.
    from: Option<When>,
    /// Bookings that start before this instant; without an offset it is UTC.
    to: Option<When>,
}

impl FilterBookingsRequest {
    pub(super) fn validated(&self, caller: &Caller) -> Result<BookingFilter, Problem> {
        let whose = match self.company_id {
            Some(company_id) => Whose::Company(caller.staff_of(company_id)?.company_id()),
            None => Whose::Customer(caller.user_id()),
        };
        let mut validation = Validation::default();
        validation.demand(self.status.len() <= Status::ALL.len(), "/status", "too many");
        validation.finish()?;
        let instant = |when: Option<When>| when.and_then(|when| when.resolve(&TimeZone::UTC).ok());
        Ok(BookingFilter {
            whose,
            studio_id: self.studio_id,
            room_id: self.room_id,
            customer_id: self.customer_id,
            statuses: self.status.clone(),
            from: instant(self.from),
            to: instant(self.to),
        })
    }
}

/// The key after which a page by start begins.
fn after(page: &PageQuery) -> Result<Option<ListKey>, Problem> {
    let key: Option<ListKey> = page.after()?;
    if key.is_some_and(|key| !is_plausible(key.starts_at)) {
        return Err(Problem::invalid("invalid_cursor", "The cursor is not one of this list.").at("/cursor", "invalid"));
    }
    Ok(key)
}

fn key(booking: &Booking) -> ListKey {
    ListKey { starts_at: booking.interval.start(), id: booking.id }
}

fn respond(page: Page<Booking>, now: Timestamp) -> HttpResponse {
    HttpResponse::Ok().json(page.map(|booking| BookingResponse::of(&booking, now)))
}

/// A booking the caller made, or one of a company the caller works for.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses((status = 200, body = BookingResponse)),
    security(("bearer" = []))
)]
#[get("/api/bookings/{booking_id}")]
pub async fn get_booking(app: Data<App>, caller: Caller, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
    let booking = commands::get_booking(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, app.clock.now())))
}

/// All bookings the caller made, the newest first.
#[utoipa::path(
    tag = "bookings",
    params(PageQuery),
    responses((status = 200, body = Page<BookingResponse>)),
    security(("bearer" = []))
)]
#[get("/api/bookings/my")]
pub async fn list_mine(app: Data<App>, caller: Caller, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let bookings = commands::list_mine(&app, &caller, page.after()?, limit + 1).await?;
    Ok(respond(Page::of(bookings, limit, |booking| booking.id), app.clock.now()))
}

/// The caller's bookings that are over in whatever way, the latest start first.
#[utoipa::path(
    tag = "bookings",
    params(PageQuery),
    responses((status = 200, body = Page<BookingResponse>)),
    security(("bearer" = []))
)]
#[get("/api/bookings/history")]
pub async fn list_history(app: Data<App>, caller: Caller, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let (limit, now) = (page.limit()?, app.clock.now());
    let bookings = commands::list_history(&app, &caller, after(&page)?, now, limit + 1).await?;
    Ok(respond(Page::of(bookings, limit, key), now))
}

/// Bookings of a company, or the caller's own, by start.
#[utoipa::path(
    tag = "bookings",
    params(PageQuery),
    request_body = FilterBookingsRequest,
    responses(
        (status = 200, body = Page<BookingResponse>),
        (status = 404, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/filter")]
pub async fn filter_bookings(
    app: Data<App>,
    caller: Caller,
    page: Query<PageQuery>,
    body: Json<FilterBookingsRequest>,
) -> Result<HttpResponse, Problem> {
    let (limit, now, filter) = (page.limit()?, app.clock.now(), body.validated(&caller)?);
    let bookings = commands::filter_bookings(&app, &filter, after(&page)?, now, limit + 1).await?;
    Ok(respond(Page::of(bookings, limit, key), now))
}
