//! The studio's answers over HTTP.

use actix_web::{HttpResponse, post, web::Data};
use kernel::BookingId;
use problem::{Problem, ProblemBody};
use service_kit::{Caller, Path};

use super::BookingResponse;
use crate::{bookings::commands, startup::App};

/// Agree to a request, which takes the slot, or confirm a hold on which nothing is due.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/confirm")]
pub async fn confirm_booking(app: Data<App>, caller: Caller, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
    let (booking, now) = commands::confirm_booking(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}

/// Decline a request.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/decline")]
pub async fn decline_booking(app: Data<App>, caller: Caller, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
    let (booking, now) = commands::decline_booking(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}
