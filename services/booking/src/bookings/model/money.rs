//! What a booking costs, what has been paid and given back, and what is due.

use jiff::Timestamp;
use kernel::{Money, MoneyError};
use serde::{Deserialize, Serialize};

use super::{Booking, Status};
use crate::{bookings::cancellation::Terms, prices::engine::LineKind};

/// What came and went by one way, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Till {
    pub paid: i64,
    pub refunded: i64,
    /// What moves to cheaper times have given back, whether or not it has gone out yet.
    pub credited: i64,
}

impl Till {
    /// What nobody has promised or sent back.
    pub fn kept(self) -> i64 {
        self.paid.saturating_sub(self.refunded.max(self.credited)).max(0)
    }

    /// What counts towards the price.
    pub fn towards(self) -> i64 {
        self.paid.saturating_sub(self.credited)
    }

    /// What has been promised and has not gone out yet.
    fn owed(self, promised: i64) -> i64 {
        self.credited.saturating_add(promised).saturating_sub(self.refunded).max(0)
    }
}

impl Booking {
    /// What has to be paid before it is confirmed.
    pub fn due_to_confirm(&self) -> Money {
        if self.price.deposit_due.is_positive() { self.price.deposit_due } else { self.price.total }
    }

    /// What came and went through providers.
    pub fn online(&self) -> Till {
        Till {
            paid: self.amount_paid.amount - self.desk.paid,
            refunded: self.amount_refunded.amount - self.desk.refunded,
            credited: self.credited - self.desk.credited,
        }
    }

    /// What is left to pay.
    pub fn due(&self) -> Money {
        let towards = self.online().towards().saturating_add(self.desk.towards());
        self.money(self.price.total.amount.saturating_sub(towards).max(0))
    }

    /// What is taken of held money beyond what is due, damage for instance, makes the booking cost more by as much. It bears
    /// no tax: it is no price, and a company that sees it otherwise charges it as overtime.
    pub fn charge_beyond_due(&mut self, amount: Money) -> Result<(), MoneyError> {
        let beyond = amount.checked_sub(self.due())?;
        if !beyond.is_positive() {
            return Ok(());
        }
        self.price.add(LineKind::HeldCharge, "Kept of a deposit", beyond)?;
        self.repriced = true;
        Ok(())
    }

    /// What the next payment asks for: the deposit first where there is one, then what is left.
    pub fn asked_for(&self) -> Money {
        let is_first = self.amount_paid.is_zero();
        self.money(if is_first { self.due().amount.min(self.due_to_confirm().amount) } else { self.due().amount })
    }

    /// True while money is due before it is confirmed.
    pub fn payment_required(&self) -> bool {
        self.amount_paid.amount.saturating_sub(self.credited) < self.due_to_confirm().amount
    }

    /// What the desk has to hand back: what a cancellation or a move has promised, and all that was paid towards a hold
    /// that lapsed while there was time left.
    pub fn desk_refund_due(&self, now: Timestamp) -> Money {
        let lapsed = self.status_at(now) == Status::Expired
            && self.hold_expires_at.is_some_and(|until| until < self.interval.end());
        let for_nothing = if lapsed { self.desk.kept() } else { 0 };
        self.money(self.desk.owed(self.promised_at_desk()).saturating_add(for_nothing))
    }

    fn promised_at_desk(&self) -> i64 {
        self.cancellation.as_ref().map_or(0, |cancellation| cancellation.refund_at_desk.amount)
    }

    /// Counts what was handed back at the desk. What nobody had promised before counts towards the price no more: who pays
    /// for a lapsed hold after that pays all of it.
    pub fn hand_back(&mut self, amount: Money) -> Result<(), MoneyError> {
        self.amount_refunded = self.amount_refunded.checked_add(amount)?;
        self.desk.refunded += amount.amount;
        let unpromised = (self.desk.refunded - self.desk.credited - self.promised_at_desk()).max(0);
        self.desk.credited += unpromised;
        self.credited += unpromised;
        Ok(())
    }

    /// Of a sum that goes back, what goes back at the desk: providers first.
    pub fn at_desk_of(&self, refund: Money) -> Money {
        self.money(refund.amount.saturating_sub(self.online().kept()).clamp(0, self.desk.kept()))
    }

    /// What a cancellation is judged by.
    pub fn terms(&self) -> Terms<'_> {
        Terms {
            policy: &self.price.cancellation_policy,
            starts_at: self.interval.start(),
            original_starts_at: self.original_starts_at,
            free_until: self.free_cancellation_until,
            kept: self.money(self.online().kept().saturating_add(self.desk.kept())),
        }
    }

    fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::{
        model::sample::{at, booking, eur},
        payment::{Use, assess_at_desk},
    };

    /// Held until minute 30 of 720, 10.00 of 100.00 paid at the desk.
    #[test]
    fn what_was_paid_towards_a_lapsed_hold_goes_back_or_counts_when_the_rest_comes() {
        let desk = Till { paid: 1_000, ..Till::default() };
        let mut lapsed = Booking { amount_paid: eur(1_000), desk, ..booking(Status::Held) };
        assert_eq!((lapsed.desk_refund_due(at(29)), lapsed.desk_refund_due(at(30))), (eur(0), eur(1_000)));
        assert_eq!(assess_at_desk(&lapsed, eur(9_000), at(40)), Ok(Use::Retake), "the rest");
        lapsed.hand_back(eur(400)).unwrap();
        assert_eq!((lapsed.desk_refund_due(at(30)), lapsed.due()), (eur(600), eur(9_400)));
        lapsed.hand_back(eur(600)).unwrap();
        assert_eq!((lapsed.desk_refund_due(at(30)), lapsed.due()), (eur(0), eur(10_000)));
        // Kept for them until the end: they had the room for what they paid.
        let kept = Booking { hold_expires_at: Some(at(720)), amount_paid: eur(1_000), desk, ..booking(Status::Held) };
        assert_eq!(kept.desk_refund_due(at(720)), eur(0));
    }
}
