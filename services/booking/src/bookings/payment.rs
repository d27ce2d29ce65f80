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
