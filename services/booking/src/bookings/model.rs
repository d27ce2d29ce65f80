//! What a booking is, and its state machine: every change of status is decided here, by pure functions of the booking,
//! a command and the instant.

mod attendance;
mod decide;
mod moves;
#[cfg(test)]
mod tests;

pub use decide::{Change, Command, Fact, Slot, decide};
pub use moves::{Moved, Mover, Target};

use jiff::{SignedDuration, Timestamp};
use kernel::{BookingId, CompanyId, Currency, Money, MoneyError, RoomId, SeriesId, StudioId, UserId};
use serde::{Deserialize, Serialize};

use super::cancellation::{Canceller, Terms};
use crate::{
    interval::Interval,
    prices::engine::{LineKind, Price},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BookingStatus)]
pub enum Status {
    /// Asked for; occupies nothing until the studio agrees.
    Requested,
    /// Occupies its slot until it is paid or its hold expires.
    Held,
    Confirmed,
    Declined,
    Expired,
    Cancelled,
    Completed,
    NoShow,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Requested,
        Self::Held,
        Self::Confirmed,
        Self::Declined,
        Self::Expired,
        Self::Cancelled,
        Self::Completed,
        Self::NoShow,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
        }
    }

    pub fn from_column(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether its slot is kept from others.
    pub fn occupies(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed | Self::Completed | Self::NoShow)
    }
}

/// Who has the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Customer {
    Account(UserId),
    Guest(Guest),
}

/// Somebody without an account, as staff wrote them down: a walk-in, or a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Guest {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// Where a booking is to be paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMode {
    #[default]
    Online,
    AtDesk,
}

impl PaymentMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::AtDesk => "at_desk",
        }
    }
}

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

/// How a booking ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    pub by: Canceller,
    pub reason: Option<String>,
    /// What the policy gives back.
    pub refund: Money,
    /// The part of it that was paid at the desk and goes back there.
    pub refund_at_desk: Money,
}

/// A room of a booking, with its settings as they were when it was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedRoom {
    pub room_id: RoomId,
    pub turnaround_minutes: i32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    pub id: BookingId,
    /// Rises with every change.
    pub version: i64,
    pub status: Status,
    pub company_id: CompanyId,
    pub studio_id: StudioId,
    pub room_id: RoomId,
    pub customer: Customer,
    /// The member of staff who made it.
    pub booked_by: Option<UserId>,
    pub payment_mode: PaymentMode,
    pub interval: Interval,
    /// Refund tiers count to this one.
    pub original_starts_at: Timestamp,
    pub time_zone: String,
    /// The room's settings as they were when it was booked.
    pub turnaround_minutes: i32,
    /// Rooms of the same studio that are booked with the first one.
    pub further_rooms: Vec<BookedRoom>,
    pub hold_minutes: i32,
    pub free_cancellation_until: Timestamp,
    pub price: Price,
    /// By all ways.
    pub amount_paid: Money,
    pub amount_refunded: Money,
    /// Part of the amounts above: what was taken and handed back at the studio's desk.
    pub desk: Till,
    /// By all ways: what moves to cheaper times have given back.
    pub credited: i64,
    /// It has cost something else since it was confirmed: it was moved, or its customer stayed longer.
    pub repriced: bool,
    pub hold_expires_at: Option<Timestamp>,
    pub request_expires_at: Option<Timestamp>,
    pub note: Option<String>,
    pub cancellation: Option<Cancellation>,
    pub checked_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// The series it is a date of.
    pub series_id: Option<SeriesId>,
}

impl Booking {
    /// The status that counts at an instant: a hold or a request whose time is over has expired, whether or not that
    /// has been written down yet.
    pub fn status_at(&self, now: Timestamp) -> Status {
        let lapsed = match self.status {
            Status::Held => self.hold_expires_at.is_some_and(|until| until <= now),
            Status::Requested => self.request_expires_at.is_some_and(|until| until <= now),
            _ => false,
        };
        if lapsed { Status::Expired } else { self.status }
    }

    pub fn currency(&self) -> Currency {
        self.price.currency()
    }

    /// Every room of it, the first one first.
    pub fn rooms(&self) -> impl Iterator<Item = BookedRoom> + '_ {
        let first = BookedRoom { room_id: self.room_id, turnaround_minutes: self.turnaround_minutes };
        std::iter::once(first).chain(self.further_rooms.iter().copied())
    }

    pub fn room_ids(&self) -> Vec<RoomId> {
        self.rooms().map(|room| room.room_id).collect()
    }

    /// What one of its rooms is kept free for: the booking and the turnaround after it.
    pub fn occupied(&self, room: BookedRoom) -> Interval {
        self.interval.extended(room.turnaround_minutes)
    }

    /// What has to be paid before it is confirmed.
    pub fn due_to_confirm(&self) -> Money {
        if self.price.deposit_due.is_positive() { self.price.deposit_due } else { self.price.total }
    }

    /// The account that has it.
    pub fn customer_id(&self) -> Option<UserId> {
        match &self.customer {
            Customer::Account(user_id) => Some(*user_id),
            Customer::Guest(_) => None,
        }
    }

    fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency())
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

    /// Takes a decided change over.
    pub fn apply(&mut self, change: &Change) {
        self.status = change.status;
        if let Some(until) = change.hold_until {
            self.hold_expires_at = Some(until);
        }
        match &change.fact {
            Fact::Cancelled(cancellation) => self.cancellation = Some(cancellation.clone()),
            Fact::CheckedIn { at } => self.checked_in_at = Some(*at),
            Fact::OvertimeCharged { price, .. } => {
                self.price = price.as_ref().clone();
                self.repriced = true;
            }
            Fact::Rescheduled(moved) => self.take_over(moved),
            Fact::Held | Fact::Confirmed | Fact::Declined | Fact::Expired | Fact::Completed | Fact::NoShow => {}
        }
        self.version += 1;
    }

    fn take_over(&mut self, moved: &Moved) {
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
