//! A booking as clients see it.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Money, RoomId, StudioId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    bookings::{
        cancellation::Canceller,
        model::{Booking, Status},
    },
    local_time,
    prices::engine::Price,
};

#[derive(Debug, Serialize, ToSchema)]
pub struct BookingResponse {
    id: BookingId,
    status: Status,
    /// The first one, where it has several.
    room_id: RoomId,
    room_ids: Vec<RoomId>,
    studio_id: StudioId,
    company_id: CompanyId,
    customer_id: UserId,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// On the studio's clock, with its offset.
    local_starts_at: String,
    local_ends_at: String,
    time_zone: String,
    price: Price,
    amount_paid: Money,
    amount_refunded: Money,
    /// Null for a booking that was never held.
    #[schema(value_type = Option<String>, format = DateTime)]
    hold_expires_at: Option<Timestamp>,
    note: Option<String>,
    cancellation: Option<CancellationBody>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    version: i64,
}

/// How a booking was cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancellationBody {
    by: Canceller,
    reason: Option<String>,
    /// What the policy gives back.
    refund: Money,
}

impl BookingResponse {
    /// With the status that counts at an instant.
    pub fn of(booking: &Booking, now: Timestamp) -> Self {
        let zone = local_time::stored_zone(&booking.time_zone);
        let cancellation = booking.cancellation.as_ref().map(|cancellation| CancellationBody {
            by: cancellation.by,
            reason: cancellation.reason.clone(),
            refund: cancellation.refund,
        });
        Self {
            id: booking.id,
            status: booking.status_at(now),
            room_id: booking.room_id,
            room_ids: booking.room_ids(),
            studio_id: booking.studio_id,
            company_id: booking.company_id,
            customer_id: booking.customer_id,
            starts_at: booking.interval.start(),
            ends_at: booking.interval.end(),
            local_starts_at: local_time::display(booking.interval.start(), &zone),
            local_ends_at: local_time::display(booking.interval.end(), &zone),
            time_zone: booking.time_zone.clone(),
            price: booking.price.clone(),
            amount_paid: booking.amount_paid,
            amount_refunded: booking.amount_refunded,
            hold_expires_at: booking.hold_expires_at,
            note: booking.note.clone(),
            cancellation,
            created_at: booking.created_at,
            version: booking.version,
        }
    }
}
