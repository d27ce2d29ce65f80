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
