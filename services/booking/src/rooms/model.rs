//! What a room is.

use jiff::Timestamp;
use kernel::{CompanyId, RoomId, StudioId};
use serde::{Deserialize, Serialize};

use crate::{equipment::model::Item, photos::model::Photo, prices::model::PriceList, validation::Validation};

/// Whether a booking takes the slot at once, or after the studio has agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BookingMode {
    Instant,
    Request,
}

impl BookingMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Request => "request",
        }
    }

    pub fn from_column(text: &str) -> Self {
        if text == Self::Request.as_str() { Self::Request } else { Self::Instant }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSettings {
    pub name: String,
    pub capacity: i32,
    pub min_duration_minutes: i32,
    pub max_duration_minutes: Option<i32>,
    /// Starts lie whole steps of elapsed time after the opening.
    pub slot_step_minutes: i32,
    /// Kept free after each booking.
    pub turnaround_minutes: i32,
    pub min_notice_minutes: i32,
    /// On the studio's calendar: 0 is today only.
    pub max_advance_days: i32,
    pub hold_minutes: i32,
    pub free_cancellation_minutes: i32,
    pub booking_mode: BookingMode,
}

/// The longest booking where a room names no maximum: a week.
pub const MAX_DURATION_MINUTES: i32 = 7 * 24 * 60;

/// The longest time that is kept free after a booking: a day.
pub const MAX_TURNAROUND_MINUTES: i64 = 1440;

impl RoomSettings {
    pub fn validate(&self, validation: &mut Validation) {
        validation.within("/capacity", self.capacity, 1..=10_000);
        validation.within("/min_duration_minutes", self.min_duration_minutes, 1..=MAX_DURATION_MINUTES);
        if let Some(max) = self.max_duration_minutes {
            validation.within("/max_duration_minutes", max, 1..=MAX_DURATION_MINUTES);
            let orderly = max >= self.min_duration_minutes;
            validation.demand(orderly, "/max_duration_minutes", "less than min_duration_minutes");
        }
        validation.within("/slot_step_minutes", self.slot_step_minutes, 1..=1440);
        validation.within("/turnaround_minutes", i64::from(self.turnaround_minutes), 0..=MAX_TURNAROUND_MINUTES);
        validation.within("/min_notice_minutes", self.min_notice_minutes, 0..=525_600);
        validation.within("/max_advance_days", self.max_advance_days, 0..=1100);
        validation.within("/hold_minutes", self.hold_minutes, 1..=10_080);
        validation.within("/free_cancellation_minutes", self.free_cancellation_minutes, 0..=43_200);
    }

    pub fn longest_minutes(&self) -> i64 {
        self.max_duration_minutes.unwrap_or(MAX_DURATION_MINUTES).into()
    }
}

#[derive(Debug, Clone)]
pub struct Room {
    pub id: RoomId,
    pub studio_id: StudioId,
    pub company_id: CompanyId,
    pub settings: RoomSettings,
    pub created_at: Timestamp,
}

/// A room with what its page shows.
#[derive(Debug, Clone)]
pub struct RoomPage {
    pub room: Room,
    /// Without a price list it cannot be booked yet.
    pub prices: Option<PriceList>,
    pub photos: Vec<Photo>,
    pub equipment: Vec<Item>,
}
