//! One file per consumed event: from a contract's fields to a fact, then to its command.

pub mod booking_completed;
pub mod booking_desk_payment_recorded;
pub mod booking_desk_refund_recorded;
pub mod booking_no_show;
pub mod booking_payment_applied;
pub mod company_created;
pub mod payment_succeeded;
pub mod refund_succeeded;

use jiff::Timestamp;

use crate::allocations::AllocationError;

/// A part of an event that proto3 cannot demand.
fn required<T>(part: Option<T>, name: &'static str) -> Result<T, AllocationError> {
    part.ok_or(AllocationError::Missing(name))
}

/// Microseconds since the Unix epoch; the event's own instant where the field was not filled.
fn instant(micros: i64, occurred_at: Timestamp) -> Timestamp {
    match Timestamp::from_microsecond(micros) {
        Ok(instant) if micros > 0 => instant,
        _ => occurred_at,
    }
}
