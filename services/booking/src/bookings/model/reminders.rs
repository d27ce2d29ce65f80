//! What a customer is reminded of, and when.

use jiff::{SignedDuration, Timestamp};

use super::{Booking, PaymentMode, Status};

/// What a customer is reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderKind {
    /// To pay before the hold expires.
    Hold,
    /// To pay the rest before it begins.
    Balance,
}

impl ReminderKind {
    pub const ALL: [Self; 2] = [Self::Hold, Self::Balance];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Balance => "balance",
        }
    }

    /// How long before the instant it is told.
    pub fn lead(self) -> SignedDuration {
        match self {
            Self::Hold => HOLD_REMINDER,
            Self::Balance => BALANCE_REMINDER,
        }
    }
}

/// A hold that is shorter is not reminded of: its customer is still there.
pub const LONG_HOLD: SignedDuration = SignedDuration::from_hours(2);
const HOLD_REMINDER: SignedDuration = SignedDuration::from_hours(1);
const BALANCE_REMINDER: SignedDuration = SignedDuration::from_hours(48);

impl Booking {
    /// Until when a reminder of a kind asks to pay, where there is reason for it at an instant: an hour before a hold
    /// of at least two hours expires, two days before a booking begins that is not paid in full. Whoever pays at the
    /// desk is not reminded.
    pub fn remind_until(&self, kind: ReminderKind, now: Timestamp) -> Option<Timestamp> {
        if self.payment_mode == PaymentMode::AtDesk || self.due().is_zero() {
            return None;
        }
        match (kind, self.status_at(now)) {
            (ReminderKind::Hold, Status::Held) => {
                let until = self.hold_expires_at?;
                let is_long = self.created_at + LONG_HOLD <= until;
                (is_long && until - HOLD_REMINDER <= now).then_some(until)
            }
            (ReminderKind::Balance, Status::Confirmed) => {
                let start = self.interval.start();
                (now < start && start - BALANCE_REMINDER <= now).then_some(start)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::model::sample::{at, booking, eur};

    #[test]
    fn reminders_have_their_time_and_their_reason() {
        let mut held = booking(Status::Held);
        let until = |booking: &Booking, kind, minute| booking.remind_until(kind, at(minute));
        assert_eq!(until(&held, ReminderKind::Hold, 29), None, "a hold of half an hour");
        held.hold_expires_at = Some(at(120));
        assert_eq!(until(&held, ReminderKind::Hold, 59), None);
        assert_eq!(until(&held, ReminderKind::Hold, 60), Some(at(120)));
        assert_eq!(until(&held, ReminderKind::Hold, 120), None, "too late");
        let at_desk = Booking { payment_mode: PaymentMode::AtDesk, ..held };
        assert_eq!(until(&at_desk, ReminderKind::Hold, 60), None);
        let confirmed = booking(Status::Confirmed);
        assert_eq!(until(&confirmed, ReminderKind::Balance, 0), Some(at(600)), "70.00 are due in ten hours");
        assert_eq!(until(&confirmed, ReminderKind::Balance, 600), None);
        let paid = Booking { amount_paid: eur(10_000), ..confirmed };
        assert_eq!(until(&paid, ReminderKind::Balance, 0), None);
    }
}
