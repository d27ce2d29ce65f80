//! Bookings that lie ahead, in answers about other things.

use actix_web::HttpResponse;
use jiff::Timestamp;
use kernel::{BookingId, RoomId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Affected, Upcoming};
use crate::{bookings::model::Status, local_time};

/// Bookings that a change concerns.
#[derive(Debug, Serialize, ToSchema)]
pub struct AffectedBookings {
    count: usize,
    /// The earliest hundred.
    bookings: Vec<AffectedBooking>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AffectedBooking {
    id: BookingId,
    status: Status,
    room_id: RoomId,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// On the clock it was booked by, with its offset.
    local_starts_at: String,
    local_ends_at: String,
}

impl From<Upcoming> for AffectedBooking {
    fn from(booking: Upcoming) -> Self {
        let zone = local_time::stored_zone(&booking.time_zone);
        let (starts_at, ends_at) = (booking.interval.start(), booking.interval.end());
        Self {
            id: booking.id,
            status: booking.status,
            room_id: booking.room_id,
            starts_at,
            ends_at,
            local_starts_at: local_time::display(starts_at, &zone),
            local_ends_at: local_time::display(ends_at, &zone),
        }
    }
}

impl From<Affected> for AffectedBookings {
    fn from(affected: Affected) -> Self {
        Self { count: affected.count, bookings: affected.first.into_iter().map(AffectedBooking::from).collect() }
    }
}

/// Why something cannot go yet: a problem with the bookings that keep it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingsAheadBody {
    #[serde(flatten)]
    problem: ProblemBody,
    bookings_ahead: AffectedBookings,
}

/// Whether what lies ahead is cancelled with the place.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeleteQuery {
    /// Cancel the bookings that lie ahead, as the company: customers get everything back.
    #[serde(default)]
    pub cancel_bookings: bool,
}

/// What became of a deletion.
pub fn deletion(kept_by: Option<Affected>) -> HttpResponse {
    let Some(affected) = kept_by else { return HttpResponse::NoContent().finish() };
    let detail = "Bookings lie ahead. Cancel them, or delete with cancel_bookings=true.";
    let problem = Problem::conflict("bookings_ahead", detail).body();
    let body = BookingsAheadBody { problem, bookings_ahead: affected.into() };
    HttpResponse::Conflict().content_type("application/problem+json").json(body)
}
