//! What a booking is, and its state machine: every change of status is decided here, by pure functions of the booking,
//! a command and the instant.

mod attendance;
mod decide;
mod money;
mod moves;
mod reminders;
#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;

pub use decide::{Change, Command, Fact, Slot, decide};
pub use money::Till;
pub use moves::{Moved, Mover, Target};
pub use reminders::{LONG_HOLD, ReminderKind};

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, Money, RoomId, SeriesId, StudioId, UserId};
use serde::{Deserialize, Serialize};

use super::cancellation::Canceller;
use crate::{interval::Interval, prices::engine::Price};

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

    /// The account that has it.
    pub fn customer_id(&self) -> Option<UserId> {
        match &self.customer {
            Customer::Account(user_id) => Some(*user_id),
            Customer::Guest(_) => None,
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
}
