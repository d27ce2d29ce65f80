//! A price list and its parts.

use kernel::{AddOnId, Currency, EngineerId, Percent, RoomId};
use serde::{Deserialize, Serialize};

use crate::{
    bookings::cancellation::CancellationPolicy,
    local_time::{ClockTime, Weekday, WeeklySpan},
};

/// The price list of a room. Amounts are minor units of its currency, net unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    pub room_id: RoomId,
    /// Rises with every change.
    pub version: i64,
    pub currency: Currency,
    pub rates: Rates,
    pub add_ons: Vec<AddOn>,
}

/// Everything of a price list but its add-ons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    pub hourly_rate: i64,
    pub rules: Vec<PeakRule>,
    pub day_rate: Option<DayRate>,
    pub duration_discounts: Vec<DurationDiscount>,
    /// The least the room is let for, after discounts for its length.
    pub minimum_charge: Option<i64>,
    pub extra_person: Option<ExtraPerson>,
    pub cleaning_fee: i64,
    pub tax_rate: Percent,
    pub deposit: Option<Deposit>,
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

/// What a day costs at most. A booking is cut from its start into days of so many elapsed hours; each costs the
/// cheaper of its minutes and the day rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayRate {
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub amount: i64,
    #[serde(default = "whole_day")]
    #[schema(minimum = 1, maximum = 24, default = 24)]
    pub hours: i32,
}

fn whole_day() -> i32 {
    24
}

/// A percentage off the room's price from some length on; the longest that fits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DurationDiscount {
    #[schema(minimum = 1, maximum = 168)]
    pub min_hours: i32,
    pub percent: Percent,
}

/// What each person costs beyond those that the room's price includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtraPerson {
    #[schema(minimum = 1, maximum = 10_000)]
    pub included: i32,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub per_use: i64,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub per_hour: i64,
}

/// What confirms a booking, gross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deposit {
    Percent(Percent),
    /// The whole price where that is less.
    Amount(i64),
}

impl Deposit {
    /// From two places of which one may be filled.
    pub fn from_parts(percent: Option<Percent>, amount: Option<i64>) -> Option<Self> {
        percent.map(Self::Percent).or(amount.map(Self::Amount))
    }

    pub fn percent(self) -> Option<Percent> {
        if let Self::Percent(percent) = self { Some(percent) } else { None }
    }

    pub fn amount(self) -> Option<i64> {
        if let Self::Amount(amount) = self { Some(amount) } else { None }
    }
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
    /// They are the studio's: its rooms whose lists have one of this name, shared as well, draw on the same.
    pub stock_shared: bool,
    /// Who does it, the preferred ones first: as many of them as are booked must be free. Empty for a thing.
    pub engineers: Vec<EngineerId>,
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
    pub rates: Rates,
    pub add_ons: Vec<NewAddOn>,
}

#[derive(Debug, Clone)]
pub struct NewAddOn {
    pub name: String,
    pub per_use: i64,
    pub per_hour: i64,
    pub stock: Option<i32>,
    pub stock_shared: bool,
    pub engineers: Vec<EngineerId>,
}
