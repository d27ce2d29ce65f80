//! Links over HTTP.

use actix_web::{HttpResponse, post, web::Data};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use kernel::BookingId;
use problem::{Problem, ProblemBody};
use serde::Serialize;
use service_kit::{Caller, Path};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{bookings::commands, startup::App};

/// The only answer that has the token.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkResponse {
    token: String,
    /// Below the address of this API; to be posted by whoever takes the booking over.
    path: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Make a link with which a guest takes over what is held for them, to pay it with an account of their own. It works
/// once, and as long as the hold.
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
    let token = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let expires_at = commands::create_link(&app, &caller, *id, &token).await?;
    let path = format!("/api/bookings/links/{token}");
    Ok(HttpResponse::Created().json(LinkResponse { token, path, expires_at }))
}

/// Take over the booking of a link: it is the caller's from now on.
#[utoipa::path(
    tag = "bookings",
    params(("token" = String, Path)),
    responses((status = 200, body = BookingResponse), (status = 410, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/bookings/links/{token}")]
pub async fn claim_booking(app: Data<App>, caller: Caller, token: Path<String>) -> Result<HttpResponse, Problem> {
    let (booking, now) = commands::claim_booking(&app, &caller, &token).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}
