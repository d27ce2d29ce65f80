//! The waitlist over HTTP.

use actix_web::{HttpResponse, delete, get, post, web::Data};
use jiff::Timestamp;
use kernel::{BookingId, CompanyId, RoomId, StudioId, UserId, WaitlistEntryId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::{IntoParams, ToSchema};

use super::{
    commands::{self, NewEntry, Wanted},
    model::{Entry, State},
    store::Whose,
};
use crate::{
    availability::Asked, bookings::http::BookingResponse, local_time::When, rooms::model::MAX_DURATION_MINUTES,
    startup::App, validation::Validation,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinWaitlistRequest {
    /// A room, or
    room_id: Option<RoomId>,
    /// any room of a studio.
    studio_id: Option<StudioId>,
    /// The booking has to lie between here
    window_starts_at: When,
    /// and here; at most 31 days later.
    window_ends_at: When,
    #[schema(minimum = 1, maximum = 10_080)]
    duration_minutes: i32,
    #[schema(minimum = 1, maximum = 10_000)]
    party_size: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WaitlistEntryResponse {
    id: WaitlistEntryId,
    state: State,
    company_id: CompanyId,
    studio_id: StudioId,
    /// Null for any room of the studio.
    room_id: Option<RoomId>,
    customer_id: UserId,
    #[schema(value_type = String, format = DateTime)]
    window_starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    window_ends_at: Timestamp,
    duration_minutes: i32,
    party_size: Option<i32>,
    /// What is offered, or was.
    offer: Option<OfferBody>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A slot that is held for the customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferBody {
    booking: BookingResponse,
    booking_id: BookingId,
    /// Until then it is held for nobody else.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
}

/// Whose places in queues, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListWaitlistQuery {
    /// Those at this company, for who works there; the caller's own when absent.
    company_id: Option<CompanyId>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

impl WaitlistEntryResponse {
    fn of(entry: &Entry, now: Timestamp) -> Self {
        let offer = entry.offer.as_ref().map(|booking| OfferBody {
            booking: BookingResponse::of(booking, now),
            booking_id: booking.id,
            ends_at: booking.hold_expires_at,
        });
        Self {
            id: entry.id,
            state: entry.state_at(now),
            company_id: entry.company_id,
            studio_id: entry.studio_id,
            room_id: entry.room_id,
            customer_id: entry.customer_id,
            window_starts_at: entry.window.start(),
            window_ends_at: entry.window.end(),
            duration_minutes: entry.minutes,
            party_size: entry.party_size,
            offer,
            created_at: entry.created_at,
        }
    }
}

impl JoinWaitlistRequest {
    fn validated(&self) -> Result<NewEntry, Problem> {
        let mut validation = Validation::default();
        validation.within("/duration_minutes", self.duration_minutes, 1..=MAX_DURATION_MINUTES);
        validation.within("/party_size", self.party_size.unwrap_or(1), 1..=10_000);
        let wanted = match (self.room_id, self.studio_id) {
            (Some(room_id), None) => Some(Wanted::Room(room_id)),
            (None, Some(studio_id)) => Some(Wanted::Studio(studio_id)),
            _ => None,
        };
        validation.demand(wanted.is_some(), "/room_id", "expected either room_id or studio_id");
        validation.finish()?;
        let window = Asked { starts_at: self.window_starts_at, ends_at: self.window_ends_at };
        let wanted = wanted.ok_or_else(Problem::not_found)?;
        Ok(NewEntry { wanted, window, minutes: self.duration_minutes, party_size: self.party_size })
    }
}

/// Wait for a room, or any room of a studio, to become free inside a window.
#[utoipa::path(
    tag = "waitlist",
    request_body = JoinWaitlistRequest,
    responses(
        (status = 201, body = WaitlistEntryResponse),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/waitlist")]
pub async fn join_waitlist(
    app: Data<App>,
    caller: Caller,
    body: Json<JoinWaitlistRequest>,
) -> Result<HttpResponse, Problem> {
    let entry = commands::join(&app, caller.user_id(), body.validated()?).await?;
    Ok(HttpResponse::Created().json(WaitlistEntryResponse::of(&entry, app.clock.now())))
}

/// What the caller waits for, or who waits at a company, the newest first.
#[utoipa::path(
    tag = "waitlist",
    params(ListWaitlistQuery),
    responses((status = 200, body = Page<WaitlistEntryResponse>), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[get("/api/bookings/waitlist")]
pub async fn list_waitlist(
    app: Data<App>,
    caller: Caller,
    query: Query<ListWaitlistQuery>,
) -> Result<HttpResponse, Problem> {
    let whose = match query.company_id {
        Some(company_id) => Whose::Company(caller.staff_of(company_id)?.company_id()),
        None => Whose::Customer(caller.user_id()),
    };
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, now) = (page.limit()?, app.clock.now());
    let found = commands::list_entries(&app, whose, page.after()?, limit + 1).await?;
    let page = Page::of(found, limit, |entry| entry.id);
    Ok(HttpResponse::Ok().json(page.map(|entry| WaitlistEntryResponse::of(&entry, now))))
}

/// A place in a queue, with what is offered.
#[utoipa::path(
    tag = "waitlist",
    params(("entry_id" = WaitlistEntryId, Path)),
    responses((status = 200, body = WaitlistEntryResponse)),
    security(("bearer" = []))
)]
#[get("/api/bookings/waitlist/{entry_id}")]
pub async fn get_waitlist_entry(
    app: Data<App>,
    caller: Caller,
    id: Path<WaitlistEntryId>,
) -> Result<HttpResponse, Problem> {
    let entry = commands::get_entry(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(WaitlistEntryResponse::of(&entry, app.clock.now())))
}

/// Take what is offered: it is held for the payment from now on, confirmed at once where nothing is due.
#[utoipa::path(
    tag = "waitlist",
    params(("entry_id" = WaitlistEntryId, Path)),
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/waitlist/{entry_id}/accept")]
pub async fn accept_offer(app: Data<App>, caller: Caller, id: Path<WaitlistEntryId>) -> Result<HttpResponse, Problem> {
    let (booking, now) = commands::accept_offer(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}

/// Do without what is offered: it is the next one's turn.
#[utoipa::path(
    tag = "waitlist",
    params(("entry_id" = WaitlistEntryId, Path)),
    responses(
        (status = 200, body = WaitlistEntryResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/waitlist/{entry_id}/decline")]
pub async fn decline_offer(app: Data<App>, caller: Caller, id: Path<WaitlistEntryId>) -> Result<HttpResponse, Problem> {
    let entry = commands::decline_offer(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(WaitlistEntryResponse::of(&entry, app.clock.now())))
}

/// Leave a queue, and do without what is offered. A booking that was made of an offer stays.
#[utoipa::path(
    tag = "waitlist",
    params(("entry_id" = WaitlistEntryId, Path)),
    responses((status = 204)),
    security(("bearer" = []))
)]
#[delete("/api/bookings/waitlist/{entry_id}")]
pub async fn leave_waitlist(
    app: Data<App>,
    caller: Caller,
    id: Path<WaitlistEntryId>,
) -> Result<HttpResponse, Problem> {
    commands::leave(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
