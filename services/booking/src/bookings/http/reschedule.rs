//! Moving a booking, over HTTP.

use actix_web::{HttpResponse, post, web::Data};
use kernel::{BookingId, Money, RoomId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{
    availability::{Asked, rooms_of},
    bookings::commands::{self, Reschedule},
    local_time::When,
    prices::{engine::Price, model::AddOnChoice},
    startup::App,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RescheduleRequest {
    starts_at: When,
    ends_at: When,
    /// Another room of the same studio; the booking's rooms when absent.
    room_id: Option<RoomId>,
    /// Several rooms of the same studio.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    /// The booking's add-ons when absent.
    add_ons: Option<Vec<AddOnChoice>>,
    /// The price of this quote is charged.
    #[schema(max_length = 65_536)]
    quote_token: Option<String>,
}

impl RescheduleRequest {
    fn validated(&self) -> Result<Reschedule, Problem> {
        let names_rooms = self.room_id.is_some() || self.room_ids.is_some();
        let room_ids = names_rooms.then(|| rooms_of(self.room_id, self.room_ids.as_deref())).transpose()?;
        Ok(Reschedule {
            asked: Asked { starts_at: self.starts_at, ends_at: self.ends_at },
            room_ids,
            add_ons: self.add_ons.clone(),
            quote_token: self.quote_token.clone(),
        })
    }
}

/// What a move would change about the money at this instant.
#[derive(Debug, Serialize, ToSchema)]
pub struct RescheduleQuoteResponse {
    price: Price,
    /// The new total less the old one; negative where it becomes cheaper.
    difference: Money,
    /// What would be left to pay.
    amount_due: Money,
    /// What would go back.
    refund: Money,
}

/// What moving a booking would cost now, or why it is not possible; moving it changes exactly that.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    request_body = RescheduleRequest,
    responses(
        (status = 200, body = RescheduleQuoteResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/reschedule-quote")]
pub async fn quote_reschedule(
    app: Data<App>,
    caller: Caller,
    id: Path<BookingId>,
    body: Json<RescheduleRequest>,
) -> Result<HttpResponse, Problem> {
    let quote = commands::quote_reschedule(&app, &caller, *id, &body.validated()?).await?;
    Ok(HttpResponse::Ok().json(RescheduleQuoteResponse {
        price: quote.price,
        difference: quote.difference,
        amount_due: quote.due,
        refund: quote.refund,
    }))
}

/// Move a booking to another time, to other rooms of its studio, or both. It keeps its id and its payments; when the
/// new time is taken, it keeps the old one as well.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path)),
    request_body = RescheduleRequest,
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/reschedule")]
pub async fn reschedule_booking(
    app: Data<App>,
    caller: Caller,
    id: Path<BookingId>,
    body: Json<RescheduleRequest>,
) -> Result<HttpResponse, Problem> {
    let (booking, now) = commands::reschedule_booking(&app, &caller, *id, &body.validated()?).await?;
    Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
}
