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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::model::sample::{Then, at, booking, cancel, eur, outcome};

    #[test]
    fn every_status_answers_every_command() {
        use Refusal::{HoldExpired, PaymentRequired, RequestExpired, WrongStatus};
        use Status::{Cancelled, Completed, Confirmed, Declined, Expired, Held, NoShow, Requested};
        use Then::{Becomes, Refused, Stays};
        let wrong = |status| Refused(WrongStatus(status));
        // Status, then confirm, decline, cancel, expire, complete: before anything is due …
        let before = [
            (Requested, Becomes(Held, Slot::Take), Becomes(Declined, Slot::Keep), Becomes(Cancelled, Slot::Keep)),
            (Held, Refused(PaymentRequired), wrong(Held), Becomes(Cancelled, Slot::Release)),
            (Confirmed, Stays, wrong(Confirmed), Becomes(Cancelled, Slot::Release)),
            (Declined, wrong(Declined), Stays, wrong(Declined)),
            (Expired, Refused(HoldExpired), Refused(HoldExpired), Refused(HoldExpired)),
            (Cancelled, wrong(Cancelled), wrong(Cancelled), Stays),
            (Completed, wrong(Completed), wrong(Completed), wrong(Completed)),
            (NoShow, wrong(NoShow), wrong(NoShow), wrong(NoShow)),
        ];
        for (status, confirm, decline, cancelled) in before {
            let booking = booking(status);
            assert_eq!(outcome(&booking, &Command::Confirm, 29), confirm, "confirm {status:?}");
            assert_eq!(outcome(&booking, &Command::Decline, 29), decline, "decline {status:?}");
            assert_eq!(outcome(&booking, &cancel(), 29), cancelled, "cancel {status:?}");
            assert_eq!(outcome(&booking, &Command::Expire, 29), Stays, "expire {status:?}");
            assert_eq!(outcome(&booking, &Command::Complete, 719), Stays, "complete {status:?}");
        }
        // … and at the very instant it is.
        for command in [Command::Confirm, cancel()] {
            assert_eq!(outcome(&booking(Held), &command, 30), Refused(HoldExpired));
            assert_eq!(outcome(&booking(Requested), &command, 30), Refused(RequestExpired));
        }
        assert_eq!(outcome(&booking(Held), &Command::Expire, 30), Becomes(Expired, Slot::Release));
        assert_eq!(outcome(&booking(Requested), &Command::Expire, 30), Becomes(Expired, Slot::Keep));
        assert_eq!(outcome(&booking(Confirmed), &Command::Complete, 720), Becomes(Completed, Slot::Keep));
        assert_eq!(outcome(&booking(Confirmed), &cancel(), 720), wrong(Completed));
    }

    #[test]
    fn agreeing_to_what_costs_nothing_confirms_at_once() {
        let mut free = booking(Status::Requested);
        free.price.total = eur(0);
        free.price.deposit_due = eur(0);
        assert_eq!(outcome(&free, &Command::Confirm, 5), Then::Becomes(Status::Confirmed, Slot::Take));
    }

    #[test]
    fn an_accepted_offer_gives_the_time_to_pay_and_never_less_than_it_had() {
        let mut offered = booking(Status::Held);
        let change = decide(&offered, &Command::Accept, at(20)).unwrap().unwrap();
        offered.apply(&change);
        assert_eq!((offered.status, offered.hold_expires_at), (Status::Held, Some(at(50))));
        assert_eq!(outcome(&offered, &Command::Accept, 20), Then::Stays);
        let long = Booking { hold_expires_at: Some(at(300)), ..booking(Status::Held) };
        assert_eq!(outcome(&long, &Command::Accept, 20), Then::Stays);
        let free = Booking { amount_paid: eur(10_000), ..booking(Status::Held) };
        assert_eq!(outcome(&free, &Command::Accept, 20), Then::Becomes(Status::Confirmed, Slot::Keep));
        assert_eq!(outcome(&booking(Status::Held), &Command::Accept, 30), Then::Refused(Refusal::HoldExpired));
        let cancelled = booking(Status::Cancelled);
        assert_eq!(outcome(&cancelled, &Command::Accept, 5), Then::Refused(Refusal::WrongStatus(Status::Cancelled)));
    }

    #[test]
    fn a_hold_made_by_agreement_lasts_from_that_instant() {
        let mut requested = booking(Status::Requested);
        let change = decide(&requested, &Command::Confirm, at(29)).unwrap().unwrap();
        requested.apply(&change);
        assert_eq!((requested.status, requested.hold_expires_at, requested.version), (Status::Held, Some(at(59)), 2));
        assert_eq!(requested.status_at(at(58)), Status::Held);
        assert_eq!(requested.status_at(at(59)), Status::Expired);
    }
}
