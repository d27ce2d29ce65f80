//! One file per consumed event: from a contract's fields to a fact, then to its command.

pub mod booking_completed;
pub mod booking_desk_payment_recorded;
pub mod booking_desk_refund_recorded;
pub mod booking_no_show;
pub mod booking_payment_applied;
pub mod company_created;
pub mod dispute_updated;
pub mod financial_action_taken;
pub mod payment_succeeded;
pub mod refund_returned;
pub mod refund_succeeded;

use commission::{ApplicationFee, Rate};
use contracts::{
    billing::v1::{CompanySettlement as Told, Payable},
    booking::v1::BookingState,
};
use events::Delivery;
use jiff::Timestamp;
use kernel::{BookingId, CompanyId, UserId};

use crate::allocations::{AllocationError, CompanySettlement, CompletedBooking};

/// A part of an event that proto3 cannot demand.
fn required<T>(part: Option<T>, name: &'static str) -> Result<T, AllocationError> {
    part.ok_or(AllocationError::Missing(name))
}

/// A person that proto3 leaves empty.
fn person(id: &str) -> Result<Option<UserId>, AllocationError> {
    if id.is_empty() { Ok(None) } else { Ok(Some(id.parse()?)) }
}

/// Microseconds since the Unix epoch; the event's own instant where the field was not filled.
fn instant(micros: i64, occurred_at: Timestamp) -> Timestamp {
    match Timestamp::from_microsecond(micros) {
        Ok(instant) if micros > 0 => instant,
        _ => occurred_at,
    }
}

/// The booking that was paid for, and whose it is; `None` for a payment of something else.
fn subject(payable: &Payable) -> Result<Option<(BookingId, CompanyId)>, AllocationError> {
    match payable.r#type.as_str() {
        "booking" => Ok(Some((payable.id.parse()?, payable.company_id.parse()?))),
        _ => Ok(None),
    }
}

/// With whom a payment has settled; `None` where the platform holds its money.
fn settlement(told: Option<Told>) -> Result<Option<CompanySettlement>, AllocationError> {
    let Some(Told { commission, tax, passes_platform }) = told else { return Ok(None) };
    Ok(Some(CompanySettlement { fee: ApplicationFee::restore(commission, tax)?, passes_platform }))
}

/// The commission of a payment; `None` where the event is older than that it is told.
fn commission(ppm: Option<i64>) -> Result<Option<Rate>, AllocationError> {
    Ok(ppm.map(Rate::from_ppm).transpose()?)
}

/// A booking is over, whether somebody came or not.
fn completed<E>(
    delivery: Delivery<E>,
    booking: impl FnOnce(E) -> Option<BookingState>,
) -> Result<CompletedBooking, AllocationError> {
    let booking = required(booking(delivery.event), "booking")?;
    Ok(CompletedBooking {
        booking_id: booking.booking_id.parse()?,
        company_id: booking.company_id.parse()?,
        currency: booking.currency.parse()?,
        at: delivery.occurred_at,
        event_id: delivery.event_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody is charged by guesswork: such an event is parked, and its money stays unallocated until somebody has looked.
    #[test]
    fn a_rate_that_none_can_have_is_refused() {
        assert_eq!(commission(None).unwrap(), None);
        assert_eq!(commission(Some(50_000)).unwrap().map(Rate::ppm), Some(50_000));
        for bad in [-1, 500_001] {
            assert!(matches!(commission(Some(bad)), Err(AllocationError::Commission(_))), "{bad}");
        }
    }
}
