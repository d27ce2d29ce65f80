//! What happens when the time of a booking has come.

use jiff::{SignedDuration, Timestamp};

use super::{
    Booking, Change, Fact, Slot, Status,
    decide::{change, expired},
};
use crate::{
    bookings::{BookingError, Refusal},
    prices::engine::Price,
};

/// How early somebody may be checked in.
const EARLY: SignedDuration = SignedDuration::from_hours(1);

/// How long after its end a booking may still be charged overtime.
const OVERTIME_UNTIL: SignedDuration = SignedDuration::from_hours(7 * 24);

pub fn check_in(booking: &Booking, now: Timestamp) -> Result<Option<Change>, BookingError> {
    match booking.status_at(now) {
        Status::Confirmed if booking.checked_in_at.is_some() => Ok(None),
        Status::Confirmed if now < booking.interval.start() - EARLY => Err(Refusal::TooEarly.into()),
        Status::Confirmed if now < booking.interval.end() => {
            Ok(Some(change(Status::Confirmed, Slot::Keep, Fact::CheckedIn { at: now })))
        }
        Status::Confirmed => Err(Refusal::WrongStatus(Status::Completed).into()),
        Status::Held => Err(Refusal::PaymentRequired.into()),
        Status::Expired => Err(expired(booking)),
        status => Err(Refusal::WrongStatus(status).into()),
    }
}

/// From its start on, until its time is over and it counts as completed. Nothing goes back.
pub fn mark_no_show(booking: &Booking, now: Timestamp) -> Result<Option<Change>, BookingError> {
    match booking.status_at(now) {
        Status::NoShow => Ok(None),
        Status::Confirmed if booking.checked_in_at.is_some() => Err(Refusal::CheckedIn.into()),
        Status::Confirmed if now < booking.interval.start() => Err(Refusal::TooEarly.into()),
        // Whether or not anybody has written it down.
        Status::Confirmed if now >= booking.interval.end() => Err(Refusal::WrongStatus(Status::Completed).into()),
        Status::Confirmed => Ok(Some(change(Status::NoShow, Slot::Keep, Fact::NoShow))),
        Status::Expired => Err(expired(booking)),
        status => Err(Refusal::WrongStatus(status).into()),
    }
}

/// Adds what a longer stay costs to the price; it is due on the booking. The booking keeps its times.
pub fn charge_overtime(
    booking: &Booking,
    minutes: i64,
    overtime: &Price,
    now: Timestamp,
) -> Result<Option<Change>, BookingError> {
    let status = booking.status_at(now);
    if !matches!(status, Status::Confirmed | Status::Completed) {
        return Err(Refusal::WrongStatus(status).into());
    }
    if now < booking.interval.start() {
        return Err(Refusal::TooEarly.into());
    }
    if now > booking.interval.end() + OVERTIME_UNTIL {
        return Err(Refusal::TooLate.into());
    }
    if overtime.currency() != booking.currency() {
        return Err(Refusal::OtherCurrency.into());
    }
    let mut price = booking.price.clone();
    price.lines.extend(overtime.lines.iter().cloned());
    price.subtotal = price.subtotal.checked_add(overtime.subtotal)?;
    price.tax = price.tax.checked_add(overtime.tax)?;
    price.total = price.total.checked_add(overtime.total)?;
    let fact = Fact::OvertimeCharged { minutes, amount: overtime.total, price: Box::new(price) };
    Ok(Some(change(status, Slot::Keep, fact)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::model::{
        Command,
        sample::{Then, at, booking, outcome},
    };

    #[test]
    fn attendance_has_its_time() {
        use Refusal::{CheckedIn, PaymentRequired, TooEarly, TooLate, WrongStatus};
        use Then::{Becomes, Refused, Stays};
        let confirmed = booking(Status::Confirmed);
        let there = Booking { checked_in_at: Some(at(600)), ..confirmed.clone() };
        assert_eq!(outcome(&confirmed, &Command::CheckIn, 539), Refused(TooEarly));
        assert_eq!(outcome(&confirmed, &Command::CheckIn, 540), Becomes(Status::Confirmed, Slot::Keep));
        assert_eq!(outcome(&confirmed, &Command::CheckIn, 720), Refused(WrongStatus(Status::Completed)));
        assert_eq!(outcome(&there, &Command::CheckIn, 610), Stays);
        assert_eq!(outcome(&booking(Status::Held), &Command::CheckIn, 20), Refused(PaymentRequired));
        assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 599), Refused(TooEarly));
        assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 600), Becomes(Status::NoShow, Slot::Keep));
        assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 719), Becomes(Status::NoShow, Slot::Keep));
        assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 720), Refused(WrongStatus(Status::Completed)));
        assert_eq!(outcome(&there, &Command::MarkNoShow, 610), Refused(CheckedIn));
        let overtime = Command::ChargeOvertime { minutes: 30, price: Box::new(confirmed.price.clone()) };
        let week = 7 * 24 * 60;
        assert_eq!(outcome(&confirmed, &overtime, 599), Refused(TooEarly));
        assert_eq!(outcome(&booking(Status::Completed), &overtime, 720 + week), Becomes(Status::Completed, Slot::Keep));
        assert_eq!(outcome(&booking(Status::Completed), &overtime, 721 + week), Refused(TooLate));
        assert_eq!(outcome(&booking(Status::NoShow), &overtime, 730), Refused(WrongStatus(Status::NoShow)));
    }
}
