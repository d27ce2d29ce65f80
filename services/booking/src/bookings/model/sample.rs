//! A booking for tests, and what becomes of it.

use jiff::{SignedDuration, Timestamp};
use kernel::{BookingId, CompanyId, Currency, Money, PaymentId, RoomId, StudioId, UserId};

use super::{BookedRoom, Booking, Command, Customer, PaymentMode, Slot, Status, Target, Till, decide};
use crate::{
    bookings::{
        BookingError, Refusal,
        cancellation::{CancellationPolicy, Canceller},
        payment::{Origin, Payment},
    },
    interval::Interval,
    prices::engine::Price,
};

pub fn at(minute: i64) -> Timestamp {
    "2027-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

pub fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

/// Made at minute 0, from minute 600 to 720, for 100.00 with a deposit of 30.00; held or requested until minute 30.
pub fn booking(status: Status) -> Booking {
    let price = Price {
        lines: Vec::new(),
        subtotal: eur(10_000),
        tax: eur(0),
        total: eur(10_000),
        deposit_due: eur(3_000),
        cancellation_policy: CancellationPolicy::default(),
        party_size: None,
        promotion_code: None,
    };
    let held = !matches!(status, Status::Requested | Status::Declined);
    Booking {
        id: BookingId::new(),
        version: 1,
        status,
        company_id: CompanyId::new(),
        studio_id: StudioId::new(),
        room_id: RoomId::new(),
        customer: Customer::Account(UserId::new()),
        booked_by: None,
        payment_mode: PaymentMode::Online,
        interval: Interval::new(at(600), at(720)).unwrap(),
        original_starts_at: at(600),
        time_zone: "Europe/Berlin".into(),
        turnaround_minutes: 15,
        further_rooms: Vec::new(),
        hold_minutes: 30,
        free_cancellation_until: at(0),
        price,
        amount_paid: if status == Status::Confirmed { eur(3_000) } else { eur(0) },
        amount_refunded: eur(0),
        desk: Till::default(),
        credited: 0,
        repriced: false,
        hold_expires_at: held.then(|| at(30)),
        request_expires_at: (!held).then(|| at(30)),
        note: None,
        cancellation: None,
        checked_in_at: None,
        created_at: at(0),
        series_id: None,
    }
}

pub fn target(booking: &Booking, total: i64, later: i64) -> Target {
    let start = booking.interval.start() + SignedDuration::from_mins(later);
    let mut price = booking.price.clone();
    (price.total, price.deposit_due) = (eur(total), eur(total / 3));
    Target {
        interval: Interval::new(start, start + SignedDuration::from_mins(120)).unwrap(),
        room: BookedRoom { room_id: booking.room_id, turnaround_minutes: 15 },
        further_rooms: Vec::new(),
        price,
    }
}

pub fn paid_online(amount: Money, origin: Origin) -> Payment {
    Payment { id: PaymentId::new(), amount, origin, settlement: None, commission_ppm: None }
}

/// What a command makes of a status: the new one, nothing, or a refusal.
#[derive(Debug, PartialEq, Eq)]
pub enum Then {
    Becomes(Status, Slot),
    Stays,
    Refused(Refusal),
}

pub fn outcome(booking: &Booking, command: &Command, minute: i64) -> Then {
    match decide(booking, command, at(minute)) {
        Ok(Some(change)) => Then::Becomes(change.status, change.slot),
        Ok(None) => Then::Stays,
        Err(BookingError::Refused(refusal)) => Then::Refused(refusal),
        Err(error) => panic!("{error}"),
    }
}

pub fn cancel() -> Command {
    Command::Cancel { by: Canceller::Customer, reason: None }
}
