//! Money at the studio's desk, over HTTP.

use actix_web::{post, web::Data};
use kernel::BookingId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Path, Scope, StoredAnswer};
use utoipa::ToSchema;

use super::{BookingResponse, fingerprint_of};
use crate::{
    bookings::{
        commands::{self, DeskEntry},
        payment::DeskMethod,
    },
    startup::App,
    validation::{MAX_AMOUNT, Validation},
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeskEntryRequest {
    method: DeskMethod,
    /// In minor units of the booking's currency.
    #[schema(minimum = 1, maximum = 100_000_000_000_i64)]
    amount: i64,
}

impl DeskEntryRequest {
    fn validated(&self) -> Result<DeskEntry, Problem> {
        let mut validation = Validation::default();
        validation.within("/amount", self.amount, 1..=MAX_AMOUNT);
        validation.finish()?;
        Ok(DeskEntry { method: self.method, amount: self.amount })
    }
}

fn once(
    app: &App,
    caller: &Caller,
    key: IdempotencyKey,
    route: &'static str,
    id: BookingId,
    body: &Json<DeskEntryRequest>,
) -> Idempotent {
    Idempotent {
        caller: caller.user_id().uuid(),
        route,
        key,
        fingerprint: fingerprint_of(body.fingerprint(), id),
        scope: Scope::Money,
        now: app.clock.now(),
    }
}

/// Record money that was taken at the desk. It counts towards the price, and confirms a hold that is paid by it.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path), ("Idempotency-Key" = String, Header)),
    request_body = DeskEntryRequest,
    responses(
        (status = 200, body = BookingResponse),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "The platform's commission on it cannot be asked for now; nothing is recorded."),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/record-payment")]
pub async fn record_desk_payment(
    app: Data<App>,
    caller: Caller,
    id: Path<BookingId>,
    key: IdempotencyKey,
    body: Json<DeskEntryRequest>,
) -> Result<StoredAnswer, Problem> {
    let entry = body.validated()?;
    let request = once(&app, &caller, key, "POST /api/bookings/{booking_id}/record-payment", *id, &body);
    Ok(commands::record_desk_payment(&app, &caller, &request, *id, entry, BookingResponse::of).await?)
}

/// Record money that was handed back at the desk: what a cancellation or a move has promised.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path), ("Idempotency-Key" = String, Header)),
    request_body = DeskEntryRequest,
    responses((status = 200, body = BookingResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/record-refund")]
pub async fn record_desk_refund(
    app: Data<App>,
    caller: Caller,
    id: Path<BookingId>,
    key: IdempotencyKey,
    body: Json<DeskEntryRequest>,
) -> Result<StoredAnswer, Problem> {
    let entry = body.validated()?;
    let request = once(&app, &caller, key, "POST /api/bookings/{booking_id}/record-refund", *id, &body);
    Ok(commands::record_desk_refund(&app, &caller, &request, *id, entry, BookingResponse::of).await?)
}
