//! POST /api/bookings.

use actix_web::{post, web::Data};
use kernel::RoomId;
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Scope, StoredAnswer};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{
    availability::{Asked, rooms_of},
    bookings::commands::{self, NewBooking},
    local_time::When,
    prices::model::AddOnChoice,
    startup::App,
    validation::Validation,
};

const NOTE_LENGTH: usize = 2000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBookingRequest {
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are booked together, for one price.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    starts_at: When,
    ends_at: When,
    /// Those of the quote when absent.
    add_ons: Option<Vec<AddOnChoice>>,
    /// The price of this quote is charged.
    quote_token: Option<String>,
    /// How many come; that of the quote when absent.
    #[schema(minimum = 1)]
    party_size: Option<i32>,
    /// That of the quote when absent.
    #[schema(max_length = 40)]
    promotion_code: Option<String>,
    /// One line, up to 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

impl CreateBookingRequest {
    fn validated(&self) -> Result<NewBooking, Problem> {
        let mut validation = Validation::default();
        let note = validation.optional_line("/note", self.note.as_deref(), NOTE_LENGTH);
        validation.finish()?;
        Ok(NewBooking {
            room_ids: rooms_of(self.room_id, self.room_ids.as_deref())?,
            asked: Asked { starts_at: self.starts_at, ends_at: self.ends_at },
            add_ons: self.add_ons.clone(),
            quote_token: self.quote_token.clone(),
            party_size: self.party_size,
            promotion_code: self.promotion_code.clone(),
            note,
        })
    }
}

/// Book a room: held until it is paid, or requested where the studio wants to be asked.
#[utoipa::path(
    tag = "bookings",
    params(("Idempotency-Key" = String, Header)),
    request_body = CreateBookingRequest,
    responses(
        (status = 201, body = BookingResponse),
        (status = 404, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings")]
pub async fn create_booking(
    app: Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Json<CreateBookingRequest>,
) -> Result<StoredAnswer, Problem> {
    let new = body.validated()?;
    let request = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/bookings",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Default,
        now: app.clock.now(),
    };
    Ok(commands::create_booking(&app, &caller, &request, &new, BookingResponse::of).await?)
}
