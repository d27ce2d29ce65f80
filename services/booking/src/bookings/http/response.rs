//! A booking as clients see it.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Money, RoomId, SeriesId, StudioId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    bookings::{
        cancellation::Canceller,
        model::{Booking, Customer, Guest, PaymentMode, Status},
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
    /// The series it is a date of.
    series_id: Option<SeriesId>,
    studio_id: StudioId,
    company_id: CompanyId,
    /// Null for a guest.
    customer_id: Option<UserId>,
    /// Somebody without an account, as the studio's staff wrote them down.
    guest: Option<Guest>,
    /// Made by the studio's staff.
    booked_by_staff: bool,
    payment: PaymentMode,
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
    /// What is left to pay.
    amount_due: Money,
    /// What the studio's desk has to hand back.
    desk_refund_due: Money,
    /// Null for a booking that was never held.
    #[schema(value_type = Option<String>, format = DateTime)]
    hold_expires_at: Option<Timestamp>,
    note: Option<String>,
    cancellation: Option<CancellationBody>,
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_in_at: Option<Timestamp>,
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
    /// The part of it that the studio's desk hands back.
    refund_at_desk: Money,
}

impl BookingResponse {
    /// With the status that counts at an instant.
    pub fn of(booking: &Booking, now: Timestamp) -> Self {
        let zone = local_time::stored_zone(&booking.time_zone);
        let cancellation = booking.cancellation.as_ref().map(|cancellation| CancellationBody {
            by: cancellation.by,
            reason: cancellation.reason.clone(),
            refund: cancellation.refund,
            refund_at_desk: cancellation.refund_at_desk,
        });
        let guest = match &booking.customer {
            Customer::Guest(guest) => Some(guest.clone()),
            Customer::Account(_) => None,
        };
        Self {
            id: booking.id,
            status: booking.status_at(now),
            room_id: booking.room_id,
            room_ids: booking.room_ids(),
            series_id: booking.series_id,
            studio_id: booking.studio_id,
            company_id: booking.company_id,
            customer_id: booking.customer_id(),
            guest,
            booked_by_staff: booking.booked_by.is_some(),
            payment: booking.payment_mode,
            starts_at: booking.interval.start(),
            ends_at: booking.interval.end(),
            local_starts_at: local_time::display(booking.interval.start(), &zone),
            local_ends_at: local_time::display(booking.interval.end(), &zone),
            time_zone: booking.time_zone.clone(),
            price: booking.price.clone(),
            amount_paid: booking.amount_paid,
            amount_refunded: booking.amount_refunded,
            amount_due: booking.due(),
            desk_refund_due: booking.desk_refund_due(now),
            hold_expires_at: booking.hold_expires_at,
            note: booking.note.clone(),
            cancellation,
            checked_in_at: booking.checked_in_at,
            created_at: booking.created_at,
            version: booking.version,
        }
    }
}
