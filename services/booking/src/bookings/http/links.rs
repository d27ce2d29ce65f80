//! Links over HTTP.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use kernel::{BookingId, Money};
use problem::{Problem, ProblemBody};
use serde::Serialize;
use service_kit::{Caller, Path};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{
    bookings::commands::{self, Linked},
    local_time,
    startup::App,
};

/// The only answer that has the token.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkResponse {
    token: String,
    /// Below the address of this API: GET shows what is owed, POST takes the booking over.
    path: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// What is held and owed, for whoever has the link: nothing about the customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedBookingResponse {
    studio_name: String,
    room_name: String,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// On the studio's clock, with its offset.
    local_starts_at: String,
    local_ends_at: String,
    time_zone: String,
    total: Money,
    amount_paid: Money,
    /// What the next payment asks for: the deposit, or what is left.
    amount_due: Money,
    /// Until then it can be paid.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl LinkedBookingResponse {
    fn of(Linked { booking, place, expires_at }: Linked) -> Self {
        let zone = local_time::stored_zone(&booking.time_zone);
        Self {
            studio_name: place.studio_name,
            room_name: place.room_name,
            starts_at: booking.interval.start(),
            ends_at: booking.interval.end(),
            local_starts_at: local_time::display(booking.interval.start(), &zone),
            local_ends_at: local_time::display(booking.interval.end(), &zone),
            total: booking.price.total,
            amount_paid: booking.amount_paid,
            amount_due: booking.asked_for(),
            time_zone: booking.time_zone,
            expires_at,
        }
    }
}

/// Make a link of what is held, for the company's staff and the customer. Whoever has it pays without an account
/// (`POST /api/payments/links/{token}`), or takes over, with one, what staff hold for a guest. It works as long as the
/// hold, until the booking is paid or taken over.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 201, body = LinkResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/links")]
pub async fn create_link(app: Data<App>, caller: Caller, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
    let link = commands::create_link(&app, &caller, *id).await?;
    let path = format!("/api/bookings/links/{}", link.token);
    Ok(HttpResponse::Created().json(LinkResponse { token: link.token, path, expires_at: link.expires_at }))
}

/// What a link is about. Nobody has to sign in.
#[utoipa::path(
    tag = "bookings",
    params(("token" = String, Path)),
    responses(
        (status = 200, body = LinkedBookingResponse),
        (status = 404, body = ProblemBody),
        (status = 410, body = ProblemBody, description = "`hold_expired`, `link_used`, `link_void`"),
    )
)]
#[get("/api/bookings/links/{token}")]
pub async fn follow_link(app: Data<App>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let linked = commands::follow_link(&app, &token).await?;
    Ok(HttpResponse::Ok().json(LinkedBookingResponse::of(linked)))
}

/// Take over the booking of a link: it is the caller's from now on.
#[utoipa::path(
    tag = "bookings",
    params(("token" = String, Path)),
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/links/{token}")]
pub async fn claim_booking(app: Data<App>, caller: Caller, token: Path<String>) -> Result<HttpResponse, Problem> {
    let (booking, now) = commands::claim_booking(&app, &caller, &token).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}
