//! Bookings as booking tells of them.

use contracts::booking::v1::{BookingCancelled, BookingState};
use jiff::SignedDuration;
use kernel::{BookingId, RoomId, StudioId};
use serde_json::{Value, json};

use super::World;

/// A hold of 119.00 EUR by the world's customer, for half an hour.
pub fn held(world: &World) -> BookingState {
    let now = world.service.now();
    let starts_at = now + SignedDuration::from_hours(72);
    BookingState {
        booking_id: BookingId::new().to_string(),
        version: 1,
        status: "held".to_owned(),
        company_id: world.company.to_string(),
        company_country: "DE".to_owned(),
        studio_id: StudioId::new().to_string(),
        studio_name: "Studio North".to_owned(),
        room_id: RoomId::new().to_string(),
        room_name: "Room 1".to_owned(),
        customer_user_id: world.customer_id().to_string(),
        starts_at_micros: starts_at.as_microsecond(),
        ends_at_micros: (starts_at + SignedDuration::from_hours(2)).as_microsecond(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: "EUR".to_owned(),
        subtotal: 10_000,
        tax: 1_900,
        total: 11_900,
        hold_expires_at_micros: Some((now + SignedDuration::from_mins(30)).as_microsecond()),
        ..BookingState::default()
    }
}

/// The booking after a change: its next version.
pub fn with(booking: &BookingState, status: &str, change: impl FnOnce(&mut BookingState)) -> BookingState {
    let mut next = booking.clone();
    next.version += 1;
    next.status = status.to_owned();
    change(&mut next);
    next
}

pub fn cancelled(booking: &BookingState, refund_amount: i64) -> BookingCancelled {
    BookingCancelled {
        booking: Some(with(booking, "cancelled", |_| {})),
        refund_amount,
        cancelled_by: "customer".to_owned(),
        ..BookingCancelled::default()
    }
}

/// What booking answers to `GET /internal/bookings/{id}`.
pub fn body_of(booking: &BookingState) -> Value {
    json!({
        "booking_id": booking.booking_id, "version": booking.version, "status": booking.status,
        "company_id": booking.company_id, "company_country": booking.company_country,
        "studio_id": booking.studio_id, "studio_name": booking.studio_name,
        "room_id": booking.room_id, "room_name": booking.room_name,
        "customer_user_id": booking.customer_user_id,
        "starts_at_micros": booking.starts_at_micros, "ends_at_micros": booking.ends_at_micros,
        "time_zone": booking.time_zone, "currency": booking.currency,
        "subtotal": booking.subtotal, "tax": booking.tax, "total": booking.total,
        "deposit_due": booking.deposit_due,
        "amount_paid": booking.amount_paid, "amount_refunded": booking.amount_refunded,
        "hold_expires_at_micros": booking.hold_expires_at_micros,
    })
}
