//! Cancelling over HTTP.

use actix_web::{HttpResponse, get, post, web::Data};
use kernel::{BookingId, Money};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Path, extract::OptionalJson};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{
    bookings::{cancellation::CancellationRule, commands},
    startup::App,
    validation::Validation,
};

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBookingRequest {
    /// One line, up to 500 characters.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// What a cancellation would give back at this instant.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancellationQuoteResponse {
    refund: Money,
    fee: Money,
    rule: CancellationRule,
}

/// What cancelling now would give back; cancelling gives exactly that.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 200, body = CancellationQuoteResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[get("/api/bookings/{booking_id}/cancellation-quote")]
pub async fn quote_cancellation(app: Data<App>, caller: Caller, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
    let settlement = commands::quote_cancellation(&app, &caller, *id).await?;
    let response = CancellationQuoteResponse { refund: settlement.refund, fee: settlement.fee, rule: settlement.rule };
    Ok(HttpResponse::Ok().json(response))
}

/// Cancel a booking: as its customer under its policy, as the studio with everything back.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    request_body = CancelBookingRequest,
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/cancel")]
pub async fn cancel_booking(
    app: Data<App>,
    caller: Caller,
    id: Path<BookingId>,
    body: OptionalJson<CancelBookingRequest>,
) -> Result<HttpResponse, Problem> {
    let mut validation = Validation::default();
    let reason = validation.optional_line("/reason", body.reason.as_deref(), 500);
    validation.finish()?;
    let (booking, now) = commands::cancel_booking(&app, &caller, *id, reason).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}
