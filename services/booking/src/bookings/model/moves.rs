//! Moving a booking to another time, to other rooms, or both. It keeps its id, its payments and the start that its
//! refund is judged by.

use jiff::Timestamp;
use kernel::{Money, RoomId};

use super::{
    BookedRoom, Booking, Change, Fact, PaymentMode, Slot, Status,
    decide::{change, expired},
};
use crate::{
    bookings::{BookingError, Refusal},
    interval::Interval,
    prices::engine::Price,
};

/// Who moves a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    Customer,
    Company,
}

impl Mover {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Company => "company",
        }
    }
}

/// Where to, and at what price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub interval: Interval,
    pub room: BookedRoom,
    pub further_rooms: Vec<BookedRoom>,
    pub price: Price,
}

/// A decided move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub by: Mover,
    pub from: Interval,
    pub from_rooms: Vec<RoomId>,
    pub to: Target,
    /// What has been paid too much by now, and goes back.
    pub credit: Money,
    /// The part of it that goes back at the desk.
    pub credit_at_desk: Money,
    /// Until when the studio may answer what is still a request.
    pub request_until: Option<Timestamp>,
    /// It was a hold, and nothing is due on it any more.
    pub confirms: bool,
}

/// A customer may move what has not begun, the company what is not over and nobody has come for.
pub fn reschedule(booking: &Booking, by: Mover, to: &Target, now: Timestamp) -> Result<Option<Change>, BookingError> {
    let slot = match booking.status_at(now) {
        Status::Requested => Slot::Keep,
        Status::Held | Status::Confirmed if booking.checked_in_at.is_some() || has_begun(booking, by, now) => {
            return Err(Refusal::HasBegun.into());
        }
        Status::Held | Status::Confirmed => Slot::Take,
        Status::Expired => return Err(expired(booking)),
        status => return Err(Refusal::WrongStatus(status).into()),
    };
    let moved = moved(booking, by, to)?;
    let unchanged = booking.interval == to.interval && moved.from_rooms == rooms_of(to) && booking.price == to.price;
    if unchanged {
        return Ok(None);
    }
    let status = if moved.confirms { Status::Confirmed } else { booking.status };
    let stays_at_desk = status == Status::Held && booking.payment_mode == PaymentMode::AtDesk;
    let hold_until = stays_at_desk.then_some(to.interval.end());
    Ok(Some(Change { hold_until, ..change(status, slot, Fact::Rescheduled(Box::new(moved))) }))
}

fn has_begun(booking: &Booking, by: Mover, now: Timestamp) -> bool {
    match by {
        Mover::Customer => booking.interval.start() <= now,
        Mover::Company => booking.interval.end() <= now,
    }
}

fn rooms_of(to: &Target) -> Vec<RoomId> {
    std::iter::once(to.room).chain(to.further_rooms.iter().copied()).map(|room| room.room_id).collect()
}

fn moved(booking: &Booking, by: Mover, to: &Target) -> Result<Moved, BookingError> {
    if to.price.currency() != booking.currency() {
        return Err(Refusal::OtherCurrency.into());
    }
    let towards = booking.amount_paid.amount.saturating_sub(booking.credited);
    let money = |amount| Money::new(amount, booking.currency());
    let credit = money(towards.saturating_sub(to.price.total.amount).max(0));
    let mut moved = Moved {
        by,
        from: booking.interval,
        from_rooms: booking.room_ids(),
        to: to.clone(),
        credit,
        credit_at_desk: booking.at_desk_of(credit),
        request_until: booking.request_expires_at.map(|until| until.min(to.interval.start())),
        confirms: false,
    };
    let mut after = booking.clone();
    after.take_over(&moved);
    moved.confirms = booking.status == Status::Held && !after.payment_required();
    Ok(moved)
}

impl Booking {
    pub(super) fn take_over(&mut self, moved: &Moved) {
        let Moved { to, credit, credit_at_desk, request_until, .. } = moved;
        self.interval = to.interval;
        self.room_id = to.room.room_id;
        self.turnaround_minutes = to.room.turnaround_minutes;
        self.further_rooms.clone_from(&to.further_rooms);
        self.price = to.price.clone();
        self.repriced = true;
        self.credited += credit.amount;
        self.desk.credited += credit_at_desk.amount;
        self.request_expires_at = *request_until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::model::{
        Command, decide,
        sample::{Then, at, booking, eur, outcome, target},
    };

    fn moved(booking: &Booking, by: Mover, total: i64, later: i64, minute: i64) -> Then {
        let to = Box::new(target(booking, total, later));
        outcome(booking, &Command::Reschedule { by, to }, minute)
    }

    #[test]
    fn who_may_move_what_and_until_when() {
        use Status::{Cancelled, Completed, Confirmed, Declined, Expired, Held, NoShow, Requested};
        use Then::{Becomes, Refused, Stays};
        let check = |status, by, minute| moved(&booking(status), by, 10_000, 60, minute);
        assert_eq!(check(Requested, Mover::Customer, 29), Becomes(Requested, Slot::Keep));
        assert_eq!(check(Held, Mover::Customer, 29), Becomes(Held, Slot::Take));
        assert_eq!(check(Held, Mover::Customer, 30), Refused(Refusal::HoldExpired));
        assert_eq!(check(Confirmed, Mover::Customer, 599), Becomes(Confirmed, Slot::Take));
        assert_eq!(check(Confirmed, Mover::Customer, 600), Refused(Refusal::HasBegun));
        assert_eq!(check(Confirmed, Mover::Company, 719), Becomes(Confirmed, Slot::Take));
        assert_eq!(check(Confirmed, Mover::Company, 720), Refused(Refusal::HasBegun));
        for status in [Cancelled, Completed, Declined, NoShow] {
            assert_eq!(check(status, Mover::Company, 29), Refused(Refusal::WrongStatus(status)));
        }
        assert_eq!(check(Expired, Mover::Customer, 29), Refused(Refusal::HoldExpired));
        let there = Booking { checked_in_at: Some(at(590)), ..booking(Confirmed) };
        assert_eq!(moved(&there, Mover::Company, 10_000, 60, 595), Refused(Refusal::HasBegun));
        let mut same = booking(Held);
        same.price.deposit_due = eur(3_333);
        assert_eq!(moved(&same, Mover::Customer, 10_000, 0, 5), Stays);
    }

    #[test]
    fn what_was_paid_too_much_is_credited_once_and_providers_give_back_first() {
        let mut booking = Booking { amount_paid: eur(10_000), ..booking(Status::Confirmed) };
        booking.desk.paid = 4_000;
        let to = |booking: &Booking, total| {
            let to = Box::new(target(booking, total, 60));
            decide(booking, &Command::Reschedule { by: Mover::Customer, to }, at(10)).unwrap().unwrap()
        };
        booking.apply(&to(&booking, 3_000));
        assert_eq!((booking.credited, booking.desk.credited, booking.due()), (7_000, 1_000, eur(0)));
        assert_eq!(booking.desk_refund_due(at(10)), eur(1_000));
        booking.apply(&to(&booking, 5_000));
        assert_eq!((booking.credited, booking.due()), (7_000, eur(2_000)));
        booking.apply(&to(&booking, 3_000));
        assert_eq!((booking.credited, booking.terms().kept), (7_000, eur(3_000)), "nothing more was paid too much");
    }
}
