//! A booking that lies ahead.

use kernel::{BookingId, RoomId};

use crate::{bookings::model::Status, interval::Interval};

/// A booking that is asked for, held or confirmed, and not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    pub id: BookingId,
    pub status: Status,
    pub room_id: RoomId,
    pub interval: Interval,
    /// In which it was made.
    pub time_zone: String,
}

/// So many are shown of a list that may be long.
const SHOWN: usize = 100;

/// The earliest of some bookings, and how many they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    pub count: usize,
    pub first: Vec<Upcoming>,
}

impl Affected {
    /// The bookings come in the order of their starts.
    pub fn of(bookings: impl IntoIterator<Item = Upcoming>) -> Self {
        let mut affected = Self::default();
        for booking in bookings {
            affected.count += 1;
            if affected.first.len() < SHOWN {
                affected.first.push(booking);
            }
        }
        affected
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
