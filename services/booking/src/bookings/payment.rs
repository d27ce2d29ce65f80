//! What a payment means for a booking, decided purely.

use jiff::Timestamp;
use kernel::{Money, PaymentId};

use super::{
    Refusal,
    model::{Booking, Status},
};

/// Money that arrived for a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub amount: Money,
    pub origin: Origin,
    pub settlement: Option<CompanySettlement>,
    /// The platform's commission, in parts per million of the net price: told on, as the settlement is.
    pub commission_ppm: Option<i64>,
}

/// How it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The customer has paid what they were asked for.
    Paid,
    /// The company has taken it of money that was held on the customer's card, and means to keep it.
    Held,
}

/// What the platform keeps of a payment that has settled with the company itself. It makes no difference to a booking, and is
/// told on with what the booking did with the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanySettlement {
    pub commission: i64,
    pub tax: i64,
    pub passes_platform: bool,
}

/// How a payment can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Counts towards the price; the status stays.
    Apply,
    /// Counts and confirms the hold, which still has its slot.
    Confirm,
    /// Too late for the hold: confirms when the slot is still free, else it has to go back.
    Retake,
}

/// How money is taken at the studio's desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeskMethod {
    Cash,
    CardTerminal,
    /// The studio will ask for it with an invoice of its own.
    Invoice,
}

impl DeskMethod {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::CardTerminal => "card_terminal",
            Self::Invoice => "invoice",
        }
    }
}

/// Whether and how a booking can use money taken at the desk, which may be any part of what is due.
pub fn assess_at_desk(booking: &Booking, amount: Money, now: Timestamp) -> Result<Use, Refusal> {
    let status = booking.status_at(now);
    let confirms = booking.amount_paid.amount + amount.amount - booking.credited >= booking.due_to_confirm().amount;
    let how = match status {
        Status::Held if confirms => Use::Confirm,
        Status::Held | Status::Confirmed | Status::Completed | Status::NoShow => Use::Apply,
        // Late, but paid: the slot is taken again where it is still free.
        Status::Expired if booking.hold_expires_at.is_some() && booking.interval.end() > now && confirms => Use::Retake,
        Status::Expired if booking.hold_expires_at.is_some() => return Err(Refusal::HoldExpired),
        Status::Expired => return Err(Refusal::RequestExpired),
        Status::Requested | Status::Declined | Status::Cancelled => return Err(Refusal::WrongStatus(status)),
    };
    if amount.amount > booking.due().amount { Err(Refusal::AmountExceedsDue) } else { Ok(how) }
}

/// Why a payment has to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphan {
    SlotTaken,
    Cancelled,
    Declined,
    AlreadyPaid,
    WrongAmount,
    /// The hold lapsed, and others have used its promotion up.
    PromotionUsedUp,
    /// The studio has not agreed yet, so nothing can be due.
    NotPayable,
}

impl Orphan {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SlotTaken => "slot_taken",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
            Self::AlreadyPaid => "already_paid",
            Self::WrongAmount => "wrong_amount",
            Self::PromotionUsedUp => "promotion_used_up",
            Self::NotPayable => "not_payable",
        }
    }
}

/// Whether and how a booking can use a payment.
pub fn assess(booking: &Booking, payment: Payment, now: Timestamp) -> Result<Use, Orphan> {
    match booking.status {
        Status::Cancelled => return Err(Orphan::Cancelled),
        Status::Declined => return Err(Orphan::Declined),
        Status::Requested => return Err(Orphan::NotPayable),
        // A request that nobody agreed to never had a slot.
        Status::Expired if booking.hold_expires_at.is_none() => return Err(Orphan::NotPayable),
        Status::Held | Status::Confirmed | Status::Expired | Status::Completed | Status::NoShow => {}
    }
    match payment.origin {
        Origin::Paid => check_amount(booking, payment.amount)?,
        Origin::Held => check_held_amount(booking, payment.amount)?,
    }
    match booking.status {
        // Nobody has taken the slot while the row still says held: others expire it first.
        Status::Held if booking.interval.end() > now => Ok(Use::Confirm),
        Status::Expired if booking.interval.end() > now => Ok(Use::Retake),
        Status::Held | Status::Expired => Err(Orphan::SlotTaken),
        _ => Ok(Use::Apply),
    }
}

/// Of what was held any part may be taken, and more than is due. Only what makes nobody wait any more counts towards a hold:
/// a part of it would be lost when that expires.
fn check_held_amount(booking: &Booking, amount: Money) -> Result<(), Orphan> {
    if amount.currency != booking.currency() {
        return Err(Orphan::WrongAmount);
    }
    let towards = booking.amount_paid.amount.saturating_add(amount.amount).saturating_sub(booking.credited);
    match booking.status {
        Status::Held | Status::Expired if towards < booking.due_to_confirm().amount => Err(Orphan::WrongAmount),
        _ => Ok(()),
    }
}

/// A session charges the deposit first, then the balance; all that is left at once is good too.
fn check_amount(booking: &Booking, amount: Money) -> Result<(), Orphan> {
    let left = booking.due().amount;
    let first = booking.amount_paid.is_zero() && amount == booking.due_to_confirm();
    if left <= 0 {
        Err(Orphan::AlreadyPaid)
    } else if amount.currency == booking.currency() && (first || amount.amount == left) {
        Ok(())
    } else {
        Err(Orphan::WrongAmount)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;
    use crate::bookings::model::sample::{at, booking, eur, paid_online};

    fn check_payment(status: Status, paid: i64, amount: i64, minute: i64, expected: Result<Use, Orphan>) {
        let booking = Booking { amount_paid: eur(paid), ..booking(status) };
        let payment = paid_online(eur(amount), Origin::Paid);
        assert_eq!(assess(&booking, payment, at(minute)), expected, "{amount} for {status:?} with {paid} paid");
    }

    #[test]
    fn a_payment_is_used_once_and_for_what_is_due() {
        check_payment(Status::Held, 0, 3_000, 5, Ok(Use::Confirm));
        check_payment(Status::Held, 0, 10_000, 5, Ok(Use::Confirm));
        check_payment(Status::Held, 0, 2_999, 5, Err(Orphan::WrongAmount));
        check_payment(Status::Held, 0, 3_000, 31, Ok(Use::Confirm));
        check_payment(Status::Held, 0, 3_000, 720, Err(Orphan::SlotTaken));
        check_payment(Status::Expired, 0, 3_000, 31, Ok(Use::Retake));
        check_payment(Status::Expired, 0, 3_000, 720, Err(Orphan::SlotTaken));
        check_payment(Status::Confirmed, 3_000, 3_000, 40, Err(Orphan::WrongAmount));
        check_payment(Status::Confirmed, 3_000, 7_000, 40, Ok(Use::Apply));
        check_payment(Status::Confirmed, 10_000, 7_000, 40, Err(Orphan::AlreadyPaid));
        check_payment(Status::Completed, 3_000, 7_000, 900, Ok(Use::Apply));
        check_payment(Status::Cancelled, 0, 3_000, 5, Err(Orphan::Cancelled));
        check_payment(Status::Declined, 0, 3_000, 5, Err(Orphan::Declined));
        check_payment(Status::Requested, 0, 3_000, 5, Err(Orphan::NotPayable));
        let booking = booking(Status::Held);
        let pounds = paid_online(Money::new(3_000, Currency::GBP), Origin::Paid);
        assert_eq!(assess(&booking, pounds, at(5)), Err(Orphan::WrongAmount));
    }

    fn check_held(status: Status, paid: i64, amount: i64, expected: Result<Use, Orphan>, costs: i64) {
        let mut booking = Booking { amount_paid: eur(paid), ..booking(status) };
        assert_eq!(
            assess(&booking, paid_online(eur(amount), Origin::Held), at(40)),
            expected,
            "{amount} for {status:?}"
        );
        booking.charge_beyond_due(eur(amount)).unwrap();
        booking.amount_paid.amount += amount;
        assert_eq!(booking.price.total, eur(costs), "{amount} for {status:?} with {paid} paid");
        assert_eq!(booking.due().amount, (costs - paid - amount).max(0));
    }

    #[test]
    fn what_a_company_takes_of_held_money_pays_what_is_due_and_the_rest_is_charged() {
        check_held(Status::Confirmed, 3_000, 2_000, Ok(Use::Apply), 10_000);
        check_held(Status::Completed, 3_000, 7_000, Ok(Use::Apply), 10_000);
        check_held(Status::NoShow, 10_000, 4_000, Ok(Use::Apply), 14_000);
        check_held(Status::Completed, 3_000, 9_000, Ok(Use::Apply), 12_000);
        check_held(Status::Expired, 0, 3_000, Ok(Use::Retake), 10_000);
        check_held(Status::Held, 0, 2_999, Err(Orphan::WrongAmount), 10_000);
        check_held(Status::Cancelled, 0, 3_000, Err(Orphan::Cancelled), 10_000);
        // It stays charged when the booking is moved.
        let mut moved = booking(Status::Confirmed);
        let mut before = moved.price.clone();
        moved.charge_beyond_due(eur(15_000)).unwrap();
        before.keep_held_charges(&moved.price).unwrap();
        assert_eq!(before, moved.price);
    }
}
