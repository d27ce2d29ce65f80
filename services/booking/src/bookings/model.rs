//! What a booking is, and its state machine: every change of status is decided here, by pure functions of the booking,
//! a command and the instant.

mod decide;
#[cfg(test)]
mod tests;

pub use decide::{Change, Command, Fact, Slot, decide};

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, Money, RoomId, StudioId, UserId};
use serde::{Deserialize, Serialize};

use super::cancellation::{Canceller, Terms};
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

/// How a booking ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    pub by: Canceller,
    pub reason: Option<String>,
    /// What the policy gives back.
    pub refund: Money,
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
    pub customer_id: UserId,
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
    pub amount_paid: Money,
    pub amount_refunded: Money,
    pub hold_expires_at: Option<Timestamp>,
    pub request_expires_at: Option<Timestamp>,
    pub note: Option<String>,
    pub cancellation: Option<Cancellation>,
    pub created_at: Timestamp,
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

    /// True while money is due before it is confirmed.
    pub fn payment_required(&self) -> bool {
        self.amount_paid.amount < self.due_to_confirm().amount
    }

    /// What a cancellation is judged by.
    pub fn terms(&self) -> Terms<'_> {
        let kept = self.amount_paid.amount.saturating_sub(self.amount_refunded.amount).max(0);
        Terms {
            policy: &self.price.cancellation_policy,
            original_starts_at: self.original_starts_at,
            free_until: self.free_cancellation_until,
            kept: Money::new(kept, self.currency()),
        }
    }

    /// Takes a decided change over.
    pub fn apply(&mut self, change: &Change) {
        self.status = change.status;
        if let Some(until) = change.hold_until {
            self.hold_expires_at = Some(until);
        }
        if let Fact::Cancelled(cancellation) = &change.fact {
            self.cancellation = Some(cancellation.clone());
        }
        self.version += 1;
    }
}
