//! What other services may ask. The gateway routes none of it.

use actix_web::{HttpResponse, get, post, web::Data};
use contracts::booking::v1::BookingState;
use jiff::Timestamp;
use kernel::{BookingId, Money};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{
    Json, Path,
    identity::{CalledBy, ServiceCaller},
};
use utoipa::ToSchema;

use crate::{
    bookings::{Refusal, commands},
    startup::App,
};

/// Billing asks when somebody pays for a booking whose event has not arrived there yet.
pub struct Billing;

impl ServiceCaller for Billing {
    const ALLOWED: &'static [&'static str] = &["billing"];
}

/// Messaging asks for a link when it writes to somebody without an account.
pub struct Messaging;

impl ServiceCaller for Messaging {
    const ALLOWED: &'static [&'static str] = &["messaging"];
}

/// The fields of the contract's `BookingState`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingStateBody {
    booking_id: String,
    version: i64,
    status: String,
    company_id: String,
    company_country: String,
    studio_id: String,
    studio_name: String,
    room_id: String,
    room_name: String,
    customer_user_id: String,
    starts_at_micros: i64,
    ends_at_micros: i64,
    time_zone: String,
    currency: String,
    subtotal: i64,
    tax: i64,
    total: i64,
    deposit_due: i64,
    amount_paid: i64,
    amount_refunded: i64,
    hold_expires_at_micros: Option<i64>,
    room_ids: Vec<String>,
    credited: i64,
    payment_mode: String,
}

impl From<BookingState> for BookingStateBody {
    fn from(state: BookingState) -> Self {
        Self {
            booking_id: state.booking_id,
            version: state.version,
            status: state.status,
            company_id: state.company_id,
            company_country: state.company_country,
            studio_id: state.studio_id,
            studio_name: state.studio_name,
            room_id: state.room_id,
            room_name: state.room_name,
            customer_user_id: state.customer_user_id,
            starts_at_micros: state.starts_at_micros,
            ends_at_micros: state.ends_at_micros,
            time_zone: state.time_zone,
            currency: state.currency,
            subtotal: state.subtotal,
            tax: state.tax,
            total: state.total,
            deposit_due: state.deposit_due,
            amount_paid: state.amount_paid,
            amount_refunded: state.amount_refunded,
            hold_expires_at_micros: state.hold_expires_at_micros,
            room_ids: state.room_ids,
            credited: state.credited,
            payment_mode: state.payment_mode,
        }
    }
}

/// A booking's state, for billing.
#[utoipa::path(
    tag = "internal",
    params(("booking_id" = BookingId, Path)),
    responses((status = 200, body = BookingStateBody)),
    security(("bearer" = []))
)]
#[get("/internal/bookings/{booking_id}")]
pub async fn get_booking_for_service(
    app: Data<App>,
    _: CalledBy<Billing>,
    id: Path<BookingId>,
) -> Result<HttpResponse, Problem> {
    let state = commands::get_state_for_service(&app, *id).await?;
    Ok(HttpResponse::Ok().json(BookingStateBody::from(state)))
}

/// A link as somebody has followed it. In the body, where no log writes it down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowedLinkRequest {
    #[schema(max_length = 200)]
    token: String,
}

/// Whether a link can be paid by.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Open,
    Used,
    Expired,
    Void,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FollowedLinkResponse {
    state: LinkState,
    booking: BookingStateBody,
}

/// The booking of a link, for billing.
#[utoipa::path(
    tag = "internal",
    request_body = FollowedLinkRequest,
    responses((status = 200, body = FollowedLinkResponse), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/internal/booking-links")]
pub async fn get_booking_of_link(
    app: Data<App>,
    _: CalledBy<Billing>,
    body: Json<FollowedLinkRequest>,
) -> Result<HttpResponse, Problem> {
    let (booking, outcome) = commands::get_state_of_link(&app, &body.token).await?;
    let state = match outcome {
        Ok(()) => LinkState::Open,
        Err(Refusal::LinkUsed) => LinkState::Used,
        Err(Refusal::HoldExpired) => LinkState::Expired,
        Err(_) => LinkState::Void,
    };
    Ok(HttpResponse::Ok().json(FollowedLinkResponse { state, booking: booking.into() }))
}

/// A link for a mail, and what the mail says of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MintedLinkResponse {
    token: String,
    amount_due: Money,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A new link of what is held, for messaging.
#[utoipa::path(
    tag = "internal",
    params(("booking_id" = BookingId, Path)),
    responses(
        (status = 201, body = MintedLinkResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/internal/bookings/{booking_id}/links")]
pub async fn mint_link(app: Data<App>, _: CalledBy<Messaging>, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
    let link = commands::mint_link(&app, *id).await?;
    let (amount_due, expires_at) = (link.amount_due, link.expires_at);
    Ok(HttpResponse::Created().json(MintedLinkResponse { token: link.token, amount_due, expires_at }))
}
