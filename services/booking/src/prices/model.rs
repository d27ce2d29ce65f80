//! A price list and its parts.

use kernel::{AddOnId, Currency, Percent, RoomId};
use serde::{Deserialize, Serialize};

use crate::{
    bookings::cancellation::CancellationPolicy,
    local_time::{ClockTime, Weekday, WeeklySpan},
};

/// The price list of a room. Amounts are minor units of its currency, net.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    pub room_id: RoomId,
    /// Rises with every change.
    pub version: i64,
    pub currency: Currency,
    pub hourly_rate: i64,
    pub rules: Vec<PeakRule>,
    pub duration_discounts: Vec<DurationDiscount>,
    pub add_ons: Vec<AddOn>,
    pub cleaning_fee: i64,
    pub tax_rate: Percent,
    pub deposit_percent: Option<Percent>,
    pub cancellation_policy: CancellationPolicy,
}

/// Another rate in a window of the week. Where two overlap, the one that comes first in the list counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeakRule {
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    #[schema(min_items = 1)]
    pub weekdays: Vec<Weekday>,
    pub from: ClockTime,
    /// At or before `from` means the next day.
    pub to: ClockTime,
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub hourly_rate: i64,
}

impl PeakRule {
    pub fn spans(&self) -> impl Iterator<Item = WeeklySpan> + '_ {
        self.weekdays.iter().filter_map(|weekday| WeeklySpan::new(*weekday, self.from, self.to))
    }
}

/// A percentage off the room's price from some length on; the longest that fits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DurationDiscount {
    #[schema(minimum = 1, maximum = 168)]
    pub min_hours: i32,
    pub percent: Percent,
}

/// Something that can be booked beside the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddOn {
    pub id: AddOnId,
    pub name: String,
    pub per_use: i64,
    pub per_hour: i64,
    /// How many there are; `None` for as many as one likes.
    pub stock: Option<i32>,
}

/// An add-on as a customer chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddOnChoice {
    pub id: AddOnId,
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i32,
}

/// A price list as it is set; valid. Add-ons are recognised by their names.
#[derive(Debug, Clone)]
pub struct NewPriceList {
    pub currency: Currency,
    pub hourly_rate: i64,
    pub rules: Vec<PeakRule>,
    pub duration_discounts: Vec<DurationDiscount>,
    pub add_ons: Vec<NewAddOn>,
    pub cleaning_fee: i64,
    pub tax_rate: Percent,
    pub deposit_percent: Option<Percent>,
    pub cancellation_policy: CancellationPolicy,
}

#[derive(Debug, Clone)]
pub struct NewAddOn {
    pub name: String,
    pub per_use: i64,
    pub per_hour: i64,
    pub stock: Option<i32>,
}
