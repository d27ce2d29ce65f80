//! Commands and what they change.

use jiff::{SignedDuration, Timestamp};

use super::{
    Booking, Cancellation, Moved, Mover, Status, Target,
    attendance::{charge_overtime, check_in, mark_no_show},
    moves::reschedule,
};
use crate::bookings::{
    BookingError, Refusal,
    cancellation::{Canceller, settle},
};
use crate::prices::engine::Price;
use kernel::Money;

/// What somebody, or the passing of time, wants of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The studio agrees to a request, or confirms a hold on which nothing is due.
    Confirm,
    /// The customer takes what was held for them as an offer: the time to pay begins.
    Accept,
    Decline,
    Cancel {
        by: Canceller,
        reason: Option<String>,
    },
    /// The hold's or the request's time is over.
    Expire,
    /// The booking's time is over.
    Complete,
    /// Other rooms, another time, or both.
    Reschedule {
        by: Mover,
        to: Box<Target>,
    },
    /// The customer is there.
    CheckIn,
    /// The customer did not come.
    MarkNoShow,
    /// The customer stayed longer: the price of that, as lines without a deposit.
    ChargeOvertime {
        minutes: i64,
        price: Box<Price>,
    },
}

/// A decided change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub status: Status,
    pub slot: Slot,
    /// A new expiry, where the booking becomes a hold.
    pub hold_until: Option<Timestamp>,
    /// What is told.
    pub fact: Fact,
}

/// What a change does to the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Keep,
    /// It has to be free, or the change is refused.
    Take,
    Release,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    Held,
    Confirmed,
    Declined,
    Expired,
    Completed,
    NoShow,
    Cancelled(Cancellation),
    Rescheduled(Box<Moved>),
    CheckedIn {
        at: Timestamp,
    },
    OvertimeCharged {
        minutes: i64,
        amount: Money,
        /// The whole price of the booking from now on.
        price: Box<Price>,
    },
}

/// `None` when the command has been obeyed already: repeating it is safe.
pub fn decide(booking: &Booking, command: &Command, now: Timestamp) -> Result<Option<Change>, BookingError> {
    match command {
        Command::Confirm => confirm(booking, now),
        Command::Accept => accept(booking, now),
        Command::Decline => decline(booking, now),
        Command::Cancel { by, reason } => cancel(booking, *by, reason.clone(), now),
        Command::Expire => Ok(expire(booking, now)),
        Command::Complete => Ok(complete(booking, now)),
        Command::Reschedule { by, to } => reschedule(booking, *by, to, now),
        Command::CheckIn => check_in(booking, now),
        Command::MarkNoShow => mark_no_show(booking, now),
        Command::ChargeOvertime { minutes, price } => charge_overtime(booking, *minutes, price, now),
    }
}

fn confirm(booking: &Booking, now: Timestamp) -> Result<Option<Change>, BookingError> {
    match booking.status_at(now) {
        Status::Confirmed => Ok(None),
        Status::Held if booking.payment_required() => Err(Refusal::PaymentRequired.into()),
        Status::Held => Ok(Some(change(Status::Confirmed, Slot::Keep, Fact::Confirmed))),
        Status::Requested if booking.payment_required() => {
            let hold = SignedDuration::from_mins(booking.hold_minutes.into());
            Ok(Some(Change { hold_until: Some(now + hold), ..change(Status::Held, Slot::Take, Fact::Held) }))
        }
        Status::Requested => Ok(Some(change(Status::Confirmed, Slot::Take, Fact::Confirmed))),
        Status::Expired => Err(expired(booking)),
        status => Err(Refusal::WrongStatus(status).into()),
    }
}

fn accept(booking: &Booking, now: Timestamp) -> Result<Option<Change>, BookingError> {
    match booking.status_at(now) {
        Status::Confirmed => Ok(None),
        Status::Held if booking.payment_required() => {
            let until = now + SignedDuration::from_mins(booking.hold_minutes.into());
            // Never shorter than the offer was.
            let longer = booking.hold_expires_at.is_none_or(|ends| ends < until);
            let held = Change { hold_until: Some(until), ..change(Status::Held, Slot::Keep, Fact::Held) };
            Ok(longer.then_some(held))
        }
        Status::Held => Ok(Some(change(Status::Confirmed, Slot::Keep, Fact::Confirmed))),
        Status::Expired => Err(expired(booking)),
        status => Err(Refusal::WrongStatus(status).into()),
    }
}

fn decline(booking: &Booking, now: Timestamp) -> Result<Option<Change>, BookingError> {
    match booking.status_at(now) {
        Status::Declined => Ok(None),
        Status::Requested => Ok(Some(change(Status::Declined, Slot::Keep, Fact::Declined))),
        Status::Expired => Err(expired(booking)),
        status => Err(Refusal::WrongStatus(status).into()),
    }
}

fn cancel(
    booking: &Booking,
    by: Canceller,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Option<Change>, BookingError> {
    let slot = match booking.status_at(now) {
        Status::Cancelled => return Ok(None),
        Status::Requested => Slot::Keep,
        Status::Held => Slot::Release,
        // Once its time is over there is nothing left to cancel, whether or not that has been written down yet.
        Status::Confirmed if booking.interval.end() > now => Slot::Release,
        Status::Confirmed => return Err(Refusal::WrongStatus(Status::Completed).into()),
        Status::Expired => return Err(expired(booking)),
        status => return Err(Refusal::WrongStatus(status).into()),
    };
    let refund = settle(&booking.terms(), by, now)?.refund;
    let refund_at_desk = booking.at_desk_of(refund);
    let fact = Fact::Cancelled(Cancellation { by, reason, refund, refund_at_desk });
    Ok(Some(change(Status::Cancelled, slot, fact)))
}

fn expire(booking: &Booking, now: Timestamp) -> Option<Change> {
    let lapsed = booking.status != Status::Expired && booking.status_at(now) == Status::Expired;
    let slot = if booking.status == Status::Held { Slot::Release } else { Slot::Keep };
    lapsed.then(|| change(Status::Expired, slot, Fact::Expired))
}

fn complete(booking: &Booking, now: Timestamp) -> Option<Change> {
    let over = booking.status == Status::Confirmed && booking.interval.end() <= now;
    over.then(|| change(Status::Completed, Slot::Keep, Fact::Completed))
}

pub fn change(status: Status, slot: Slot, fact: Fact) -> Change {
    Change { status, slot, hold_until: None, fact }
}

/// What had expired: a hold has an expiry, a request that never became one has not.
pub fn expired(booking: &Booking) -> BookingError {
    let refusal = if booking.hold_expires_at.is_some() { Refusal::HoldExpired } else { Refusal::RequestExpired };
    refusal.into()
}
