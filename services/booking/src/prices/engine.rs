//! The price of an interval: a pure function of the price list, the zone and what was chosen. Quote and charge are the
//! same call.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use kernel::{Currency, Money, MoneyError, RoomId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::model::{AddOn, AddOnChoice, PriceList};
use crate::{
    bookings::cancellation::CancellationPolicy,
    interval::Interval,
    local_time::{self, WeeklySpan},
};

/// An itemised price. What a booking was made at is stored in this form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Price {
    pub lines: Vec<Line>,
    /// Net.
    pub subtotal: Money,
    pub tax: Money,
    /// Gross.
    pub total: Money,
    /// What confirms the booking; zero where the whole price is due at once.
    pub deposit_due: Money,
    pub cancellation_policy: CancellationPolicy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Line {
    pub kind: LineKind,
    pub description: String,
    /// Whose line it is, where several rooms are priced as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<RoomId>,
    /// Hours for what is paid by the hour (to four decimals; the amount is exact), else pieces.
    #[schema(value_type = String, example = "1.5")]
    pub quantity: Decimal,
    pub unit_amount: Money,
    pub amount: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Room,
    Discount,
    AddOn,
    Cleaning,
    Tax,
}

impl Price {
    pub fn currency(&self) -> Currency {
        self.total.currency
    }
}

/// The windows of a price list around an interval, expanded once for any number of prices inside it.
#[derive(Debug)]
pub struct RateWindows<'a> {
    list: &'a PriceList,
    /// Index of the rule, and when.
    windows: Vec<(usize, Interval)>,
}

impl<'a> RateWindows<'a> {
    pub fn around(list: &'a PriceList, window: Interval, zone: &TimeZone) -> Self {
        let (rule_of_span, spans): (Vec<usize>, Vec<WeeklySpan>) =
            list.rules.iter().enumerate().flat_map(|(rule, peak)| peak.spans().map(move |span| (rule, span))).unzip();
        let windows = local_time::expand(&spans, zone, window);
        let windows = windows.into_iter().filter_map(|(span, when)| Some((*rule_of_span.get(span)?, when)));
        Self { list, windows: windows.collect() }
    }

    /// Minutes at each rate, in the order the list names them, the base rate first.
    fn minutes_by_rate(&self, interval: Interval) -> Vec<RateMinutes<'_>> {
        let list = self.list;
        let mut rates = vec![RateMinutes { hourly_rate: list.hourly_rate, name: BASE_RATE, minutes: 0 }];
        for rule in &list.rules {
            if rates.iter().all(|known| known.hourly_rate != rule.hourly_rate) {
                rates.push(RateMinutes { hourly_rate: rule.hourly_rate, name: &rule.name, minutes: 0 });
            }
        }
        let mut bounds = BTreeSet::from([interval.start(), interval.end()]);
        let inside = self.windows.iter().filter(|(_, window)| window.overlaps(interval));
        let ends = inside.flat_map(|(_, window)| [window.start(), window.end()]);
        bounds.extend(ends.filter(|bound| interval.contains(*bound)));
        let bounds: Vec<_> = bounds.into_iter().collect();
        for piece in bounds.windows(2).filter_map(|pair| Interval::new(pair[0], pair[1])) {
            let in_force = self.windows.iter().filter(|(_, window)| window.covers(piece)).map(|(rule, _)| *rule).min();
            let rate = in_force.map_or(list.hourly_rate, |rule| list.rules[rule].hourly_rate);
            if let Some(entry) = rates.iter_mut().find(|known| known.hourly_rate == rate) {
                entry.minutes += piece.minutes();
            }
        }
        rates.retain(|rate| rate.minutes > 0);
        rates
    }

    /// The price of an interval inside the window, with add-ons. Choices of add-ons that are not on the list are
    /// ignored; whoever takes them from a client checks them first.
    pub fn price(&self, interval: Interval, choices: &[AddOnChoice]) -> Result<Price, MoneyError> {
        let (list, minutes) = (self.list, interval.minutes());
        let mut lines = Vec::new();
        for rate in self.minutes_by_rate(interval) {
            lines.push(rate.line(list.currency)?);
        }
        if let Some(line) = discount_line(list, minutes, sum(list.currency, &lines)?)? {
            lines.push(line);
        }
        for choice in choices {
            if let Some(add_on) = list.add_ons.iter().find(|add_on| add_on.id == choice.id) {
                lines.extend(add_on_lines(list.currency, add_on, choice.quantity.into(), minutes)?);
            }
        }
        if list.cleaning_fee > 0 {
            lines.push(piece(LineKind::Cleaning, "Cleaning", Money::new(list.cleaning_fee, list.currency)));
        }
        let subtotal = sum(list.currency, &lines)?;
        let tax = subtotal.percent(list.tax_rate)?;
        lines.push(piece(LineKind::Tax, &format!("Tax, {} %", list.tax_rate), tax));
        let total = subtotal.checked_add(tax)?;
        let deposit_due = match list.deposit_percent {
            Some(percent) => total.percent(percent)?,
            None => list.currency.zero(),
        };
        let cancellation_policy = list.cancellation_policy.clone();
        Ok(Price { lines, subtotal, tax, total, deposit_due, cancellation_policy })
    }
}

/// The price of one interval.
#[cfg(test)]
pub fn price(
    list: &PriceList,
    interval: Interval,
    zone: &TimeZone,
    choices: &[AddOnChoice],
) -> Result<Price, MoneyError> {
    RateWindows::around(list, interval, zone).price(interval, choices)
}

const BASE_RATE: &str = "Room";

struct RateMinutes<'a> {
    hourly_rate: i64,
    name: &'a str,
    minutes: i64,
}

impl RateMinutes<'_> {
    fn line(&self, currency: Currency) -> Result<Line, MoneyError> {
        let rate = Money::new(self.hourly_rate, currency);
        Ok(Line {
            kind: LineKind::Room,
            description: self.name.to_owned(),
            room_id: None,
            quantity: hours(self.minutes),
            unit_amount: rate,
            amount: rate.ratio(self.minutes, 60)?,
        })
    }
}

/// The discount of the longest duration that fits, over all room lines.
fn discount_line(list: &PriceList, minutes: i64, rooms: Money) -> Result<Option<Line>, MoneyError> {
    let fits = list.duration_discounts.iter().filter(|discount| minutes >= i64::from(discount.min_hours) * 60);
    let Some(discount) = fits.max_by_key(|discount| discount.min_hours) else { return Ok(None) };
    let off = list.currency.zero().checked_sub(rooms.percent(discount.percent)?)?;
    let description = format!("Discount of {} % from {} hours", discount.percent, discount.min_hours);
    Ok((!off.is_zero()).then(|| piece(LineKind::Discount, &description, off)))
}

/// One line for each way it is charged; one line of nothing for an add-on that is free.
fn add_on_lines(currency: Currency, add_on: &AddOn, quantity: i64, minutes: i64) -> Result<Vec<Line>, MoneyError> {
    let line = |quantity, unit_amount, amount| Line {
        kind: LineKind::AddOn,
        description: add_on.name.clone(),
        room_id: None,
        quantity,
        unit_amount,
        amount,
    };
    let mut lines = Vec::new();
    if add_on.per_use > 0 || add_on.per_hour == 0 {
        let unit = Money::new(add_on.per_use, currency);
        lines.push(line(quantity.into(), unit, unit.ratio(quantity, 1)?));
    }
    if add_on.per_hour > 0 {
        let unit = Money::new(add_on.per_hour, currency);
        let minutes = minutes.checked_mul(quantity).ok_or(MoneyError::Overflow)?;
        lines.push(line(hours(minutes), unit, unit.ratio(minutes, 60)?));
    }
    Ok(lines)
}

fn piece(kind: LineKind, description: &str, amount: Money) -> Line {
    Line {
        kind,
        description: description.to_owned(),
        room_id: None,
        quantity: Decimal::ONE,
        unit_amount: amount,
        amount,
    }
}

fn sum(currency: Currency, lines: &[Line]) -> Result<Money, MoneyError> {
    lines.iter().try_fold(currency.zero(), |sum, line| sum.checked_add(line.amount))
}

/// For show: the amount is computed from the minutes.
fn hours(minutes: i64) -> Decimal {
    (Decimal::from(minutes) / Decimal::from(60)).round_dp(4).normalize()
}

#[cfg(test)]
mod tests;
