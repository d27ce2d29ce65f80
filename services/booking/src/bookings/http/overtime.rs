//! A longer stay, over HTTP.

use actix_web::{post, web::Data};
use kernel::BookingId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Path, Scope, StoredAnswer};
use utoipa::ToSchema;

use super::{BookingResponse, fingerprint_of};
use crate::{bookings::commands, startup::App, validation::Validation};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OvertimeRequest {
    /// How much longer than booked.
    #[schema(minimum = 1, maximum = 1440)]
    minutes: i64,
}

/// Charge a longer stay, at the rates in force in the minutes after the end, from the start on until a week after the
/// end. It is due on the booking.
#[utoipa::path(
    tag = "bookings",
    params(("booking_id" = BookingId, Path), ("Idempotency-Key" = String, Header)),
    request_body = OvertimeRequest,
    responses((status = 200, body = BookingResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/bookings/{booking_id}/overtime")]
pub async fn charge_overtime(
    app: Data<App>,
    caller: Caller,
    id: Path<BookingId>,
    key: IdempotencyKey,
    body: Json<OvertimeRequest>,
) -> Result<StoredAnswer, Problem> {
    let mut validation = Validation::default();
    validation.within("/minutes", body.minutes, 1..=1440);
    validation.finish()?;
    let request = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/bookings/{booking_id}/overtime",
        key,
        fingerprint: fingerprint_of(body.fingerprint(), *id),
        scope: Scope::Money,
        now: app.clock.now(),
    };
    Ok(commands::charge_overtime(&app, &caller, &request, *id, body.minutes, BookingResponse::of).await?)
}
